"""The projector of figures: counts committed events, each exactly once, a batch in one transaction.

The cursor runs over the events in the order of their transactions and only tells which cases have something new: events
of one case may be numbered otherwise than their transactions. What is new of a case is read in the order of its own
chain, from the event on that was counted last. So an event is counted once however often the cursor passes it, and one
of an older transaction that commits late is found when the cursor comes to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from cases import committed
from cases.figures import facts, keeping, reading, storing
from cases.figures.folding import fold
from cases.figures.setting import Setting
from cases.figures.states import State
from cases.figures.tally import Stretch

NAME = "figures"
MOST_EVENTS = 1000


def project(session: Session, setting: Setting, *, at: datetime, limit: int = MOST_EVENTS) -> int:
    """Count what the next events of the cursor tell of; returns how many it passed, 0 while another is counting."""
    place = committed.take(session, NAME, at=at)
    if place is None:
        return 0
    found = committed.events_after(session, place, limit=limit)
    if not found:
        return 0
    count(session, sorted({row.case_id for row in found}), setting)
    committed.move(session, NAME, found[-1], at=at)
    return len(found)


def count(session: Session, cases: Sequence[int], setting: Setting) -> None:
    """Count what is new in the histories of these cases; the caller holds the cursor."""
    lines = reading.uncounted(session, cases)
    if not lines:
        return
    kept = reading.kept(session, list(lines))
    states: dict[int, State] = {}
    gathered, stretches = storing.Gathered(), dict[keeping.StretchKey, tuple[Stretch | None, bool]]()
    for case_id, new in lines.items():
        state = states[case_id] = kept.get(case_id) or State()
        before, known = state.confidential, state.seq
        tally = fold(state, new, setting)
        if known and state.confidential != before:
            _moved_over(session, gathered, case_id, state, setting, known=known)
        else:
            gathered.add(case_id, tally.entries, confidential=state.confidential)
        stretches |= {(case_id, number): (one, state.confidential) for number, one in tally.stretches.items()}
    storing.add_sums(session, gathered.sums)
    facts.set_facts(session, gathered.facts)
    keeping.set_entries(session, gathered.entries)
    keeping.set_stretches(session, stretches)
    storing.set_states(session, states)


def _moved_over(
    session: Session, gathered: storing.Gathered, case_id: int, state: State, setting: Setting, *, known: int
) -> None:
    """Take back all that was counted of a case which is confidential now, or no longer, and count it as that."""
    history, secret = reading.whole(session, [case_id])[case_id], state.confidential
    counted = fold(State(), [line for line in history if line.seq <= known], setting)
    gathered.add(case_id, counted.entries, confidential=not secret, sign=-1)
    again = fold(State(), [line for line in history if line.seq <= state.seq], setting)
    gathered.add(case_id, again.entries, confidential=secret)
    keeping.hide_stretches(session, case_id, confidential=secret)
    keeping.move_judged(session, gathered, case_id, confidential=secret)
