"""A reply that was taken back before it left: all that was counted of it is taken back, and the case stands as before.

What a reply changes is told by several lines, and each counts for itself. So the state before it is kept beside what
was counted since, until the next thing happens to the case.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cases.figures import answers, stretches
from cases.figures.lines import Line
from cases.figures.states import Filed, State, frozen, thawed
from cases.figures.tally import Tally


def before(tally: Tally, line: Line) -> None:
    """Remember where the case stands before a reply that may be taken back; forget it once something else happens."""
    state = tally.state
    lines = line.values.get("lines")
    if line.kind == "replied" and isinstance(lines, int):
        state.undoable = None
        stood = json.loads(json.dumps(frozen(state)))
        state.undoable = {"until": line.seq + lines - 1, "stood": stood, "entries": []}
    elif state.undoable is not None and line.seq > state.undoable["until"] and line.kind != "reply_undone":
        state.undoable = None


def after(tally: Tally, made: int) -> None:
    """Keep what a line has counted; ``made`` is how many entries there were before it."""
    if tally.state.undoable is not None:
        kept: list[Any] = tally.state.undoable["entries"]
        kept += [[list(one.filed), one.sign, one.instance] for one in tally.entries[made:]]


def undone(tally: Tally, line: Line) -> None:
    """Take back what a reply counted; where the case has moved on since, only that it was an answer."""
    kept = tally.state.undoable
    if line.values.get("whole") is not True or kept is None:
        answers.not_delivered(tally, line)
        return
    _take_back(tally, kept["entries"])
    stood, stretches_until = thawed(kept["stood"]), tally.state.stretches
    stood.seq, stood.last_at = tally.state.seq, tally.state.last_at
    for name in State.__slots__:
        setattr(tally.state, name, getattr(stood, name))
    stretches.set_back(tally, stretches_until)


def _take_back(tally: Tally, entries: Sequence[Sequence[Any]]) -> None:
    for filed, sign, instance in entries:
        if sign > 0:
            tally.take_back(Filed(*filed), instance=instance)
        else:
            tally.add(Filed(*filed), instance=0)
