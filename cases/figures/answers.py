"""Answers: from the oldest message that nobody has answered to a person's first word that was not lost.

An answer that did not arrive takes back what it gave; a later one then counts, and so does the first if it arrived
after all.
"""

from __future__ import annotations

from cases.figures.lines import Line
from cases.figures.states import Answer, Owed
from cases.figures.tally import Tally
from cases.matching import Reason

#: how much is remembered of a case whose gateway never says that anything arrived
MOST = 30


def citizen_wrote(tally: Tally, line: Line) -> None:
    """Owe an answer from this message on, unless one is owed already; thanks owe none."""
    state = tally.state
    nobody = line.text("reason") == Reason.THANKS or line.values.get("by_machine") is True
    if nobody or (state.owed and state.owed[-1].by is None):
        return
    state.owing += 1
    state.owed.append(Owed(state.owing, line.seq, line.at))


def rearranged(tally: Tally, line: Line) -> None:
    """Learn since when an answer is owed after messages came from another case or went to one."""
    state, since = tally.state, line.instant("owed_since")
    open_one = state.owed[-1] if state.owed and state.owed[-1].by is None else None
    if since is None and open_one is not None:
        state.owed.remove(open_one)
        state.owing -= 1
    elif since is not None and open_one is not None:
        open_one.since = since
    elif since is not None:
        state.owing += 1
        state.owed.append(Owed(state.owing, line.seq, since))


def replied(tally: Tally, line: Line) -> None:
    """Let a person's message answer what is owed; one that goes by post, once it was posted."""
    waits = line.values.get("by_post") is True
    tally.state.answers.append(Answer(line.seq, line.at, line.message_id, tally.state.place, lost=waits))
    _settle(tally)


def posted(tally: Tally, line: Line) -> None:
    """Let a letter answer what was owed when it was written; what was said since is owed an answer anew."""
    state, since = tally.state, line.instant("owed_since")
    for answer in state.answers:
        if answer.message_id == line.message_id and answer.lost:
            answer.lost, answer.at = False, line.at
    _settle(tally)
    if since is not None and not (state.owed and state.owed[-1].by is None):
        state.owing += 1
        state.owed.append(Owed(state.owing, line.seq, since))


def contact_logged(tally: Tally, line: Line) -> None:
    """Let a call or a visit answer as a message does, if the citizen was reached."""
    if line.values.get("reached") is True:
        replied(tally, line)


def not_delivered(tally: Tally, line: Line) -> None:
    """Take back what a message gave that did not arrive."""
    _report(tally, line, lost=True)


def delivered(tally: Tally, line: Line) -> None:
    """Let a message count for good; also one that had been taken for lost."""
    _report(tally, line, lost=False)


def received_at(tally: Tally, started: int) -> None:
    """Learn from a promise when the words were received that it was made for: a replayed message is written later."""
    owed = tally.state.owed
    if owed and owed[-1].by is None:
        owed[-1].since = min(owed[-1].since, started)


def _report(tally: Tally, line: Line, *, lost: bool) -> None:
    for answer in tally.state.answers:
        if answer.message_id == line.message_id and line.message_id is not None:
            answer.lost, answer.arrived = lost, not lost
    _settle(tally)


def _settle(tally: Tally) -> None:
    """Count each answer that is owed by the first that was given after it and is not lost."""
    state = tally.state
    for owed in state.owed:
        by = next((one for one in state.answers if one.seq > owed.seq and not one.lost), None)
        if (by.seq if by else None) == owed.by:
            continue
        if owed.filed is not None:
            tally.take_back(owed.filed, instance=owed.number)
        owed.by, owed.filed = None, None
        if by is not None:
            measure = "first_response" if owed.number == 1 else "next_response"
            lasted = tally.setting.lasted(state.calendar, owed.since, by.at)
            owed.filed = tally.file(measure, by.at, place=by.place, instance=owed.number, lasted=lasted)
            owed.by = by.seq
    _forget(tally)


def _forget(tally: Tally) -> None:
    """Keep only what may still change."""
    state = tally.state
    settled = {one.seq for one in state.answers if one.arrived}
    state.owed = [one for one in state.owed if one.by not in settled][-MOST:]
    oldest = state.owed[0].seq if state.owed else state.seq
    state.answers = [one for one in state.answers if one.seq > oldest][-MOST:]
