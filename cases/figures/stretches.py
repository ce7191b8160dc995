"""The stretches in which a case is open for one place: what waits at the end of any day can be read off them."""

from __future__ import annotations

from cases.figures.states import Leg
from cases.figures.tally import Stretch, Tally


def follow(tally: Tally, at: int) -> None:
    """End the stretch that has ended with a line, and begin the one that begins with it."""
    state, running = tally.state, tally.state.stretch
    if running is not None and not (state.open and running.place == state.place):
        tally.stretches[running.number] = Stretch(running.number, running.since, at, running.place)
        state.stretch = None
    if state.open and state.stretch is None:
        state.stretches += 1
        state.stretch = Leg(state.stretches, at, state.place)
        tally.stretches[state.stretches] = _running(state.stretch)


def set_back(tally: Tally, until: int) -> None:
    """Let the stretches be again what they were; those after the state's own, up to ``until``, have never been."""
    state = tally.state
    tally.stretches.update(dict.fromkeys(range(state.stretches + 1, until + 1)))
    if state.stretch is not None:
        tally.stretches[state.stretch.number] = _running(state.stretch)


def _running(leg: Leg) -> Stretch:
    return Stretch(leg.number, leg.since, None, leg.place)
