"""A case ends, waits, is taken up again, or goes into another one."""

from __future__ import annotations

from cases.figures import openings
from cases.figures.lines import Line
from cases.figures.tally import Tally
from cases.lifecycle import Status
from cases.sla.policy import PAUSING

_STANDS_STILL = (*PAUSING, Status.RESOLVED)


def status_changed(tally: Tally, line: Line) -> None:
    """Follow the case from one status into another."""
    state, to = tally.state, line.text("to")
    if state.away and state.away[-1][1] is None:
        state.away[-1] = (state.away[-1][0], line.at)
    if to == Status.RESOLVED:
        _resolved(tally, line.at)
    elif to == Status.CLOSED:
        _closed(tally, line.at)
    elif line.text("from") == Status.RESOLVED:
        _reopened(tally, line.at)
    if to in _STANDS_STILL:
        state.away.append((line.at, None))


def merged(tally: Tally, at: int) -> None:
    """Let a case that goes into another leave attainment, and what waits; what it had is remembered for an undo."""
    state = tally.state
    if state.merged:
        return
    for promise in state.promises.values():
        if promise.filed is not None:
            tally.take_back(promise.filed)
        promise.stands = False
    openings.end_leg(tally, at)
    state.merged, state.open = True, False


def unmerged(tally: Tally, at: int) -> None:
    """Let a case that comes back have again what it had kept and broken."""
    state = tally.state
    for promise in state.promises.values():
        if promise.filed is not None:
            tally.add(promise.filed)
    state.merged, state.open = False, True
    openings.begin_leg(tally, at)


def _resolved(tally: Tally, at: int) -> None:
    state = tally.state
    openings.end_leg(tally, at)
    state.open, state.cycles = False, state.cycles + 1
    lasted = tally.setting.lasted(state.calendar, state.started, at, state.stood(at))
    if state.cycles == 1:
        tally.file("first_resolution", at, instance=1, lasted=lasted)
    state.settled = state.resolved = tally.file("resolved", at, instance=state.cycles, lasted=lasted)
    if state.contacts == 1:
        tally.file("single", at, number=state.cycles)


def _reopened(tally: Tally, at: int) -> None:
    """Take back the resolution that did not last; that it did not is counted under its own day."""
    state = tally.state
    if state.resolved is not None:
        tally.take_back(state.resolved, instance=state.cycles)
        again = state.resolved._replace(measure="reopened")
        tally.add(again)
        tally.file("reopening", at, number=state.cycles)
    state.resolved, state.open = None, True
    openings.begin_leg(tally, at)


def rated(tally: Tally, line: Line) -> None:
    """Count what the citizen thinks of the latest resolution, under its day and place."""
    score, settled = line.text("score"), tally.state.settled
    if settled is not None and score:
        tally.add(settled._replace(measure="rated", part=score))


def _closed(tally: Tally, at: int) -> None:
    openings.end_leg(tally, at)
    tally.state.open = False
    tally.file("closed", at)
