"""Timers computed again from a case's history alone; pure. What the rows say must follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from cases.sla import reckoning
from cases.sla.calendar import Span
from cases.sla.policy import Target, Unit
from cases.sla.timers import LIVE, Calendars, TimerState


class Line(Protocol):
    """What is read of an event."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def values(self) -> Mapping[str, Any]: ...


class Name(NamedTuple):
    """How the lines of a case's history name one of its timers."""

    kind: str
    instance: int


@dataclass(slots=True)
class Replayed:
    """A timer as its history tells it. ``told`` is its deadline by the last line, None while it stands still."""

    started_at: datetime
    target: Target
    calendar: str
    told: datetime | None
    state: str = TimerState.RUNNING
    overridden: bool = False
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    def due(self, calendars: Calendars) -> datetime | None:
        """Return the deadline: of a running timer reckoned anew by its calendar, of any other as it was told last."""
        moves = self.state == TimerState.RUNNING and not self.overridden
        if not moves or self.calendar not in calendars:
            return self.told
        stood = [Span(since, until) for since, until in self.pauses if until is not None]
        return reckoning.due(calendars[self.calendar], self.target, started=self.started_at, pauses=stood)


def fold(lines: Iterable[Line]) -> dict[Name, Replayed]:
    """Return the timers of one case by its events, which come in their order; raises ``KeyError`` where one is missing.

    Lines of releases before 0.4 name no instance and do not say what a deadline is reckoned from.
    """
    found: dict[Name, Replayed] = {}
    for line in lines:
        if line.kind == "timer_started":
            found[_name(line)] = _started(line.values)
        elif line.kind in _STEPS:
            _STEPS[line.kind](found[_name(line)], line.at, line.values)
    return found


#: the kinds of events that :func:`fold` reads
def kinds() -> frozenset[str]:
    """Return the kinds of events that say something of timers."""
    return frozenset({"timer_started", *_STEPS})


def _name(line: Line) -> Name:
    return Name(line.values["timer"], line.values["instance"])


def _started(values: Mapping[str, Any]) -> Replayed:
    stood = [
        (datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in values.get("pauses", ())
    ]
    return Replayed(
        started_at=_instant(values["started_at"]),
        target=_target(values),
        calendar=values["calendar"],
        told=_instant(values["due_at"]),
        pauses=list(stood),
    )


def _paused(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
    since = _instant(values["since"])
    timer.state = TimerState.PAUSED
    # An answer that did not arrive lets the pause go on which it had ended.
    timer.pauses = [*(one for one in timer.pauses if one[0] != since), (since, None)]
    if not timer.overridden:
        timer.told = None


def _resumed(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
    timer.state = TimerState.RUNNING
    _close(timer, _instant(values["until"]))
    timer.told = _instant(values["due_at"])


def _moved(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
    timer.started_at, timer.target = _instant(values["started_at"]), _target(values)
    timer.calendar = values["calendar"]
    timer.told = _instant(values["due_at"]) if values["due_at"] else None


def _set_by_hand(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
    timer.overridden, timer.told = True, _instant(values["due_at"])
    if timer.state == TimerState.PAUSED:
        timer.state = TimerState.RUNNING
        _close(timer, at)


def _breached(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
    timer.state, timer.breached_at = TimerState.BREACHED, _instant(values["due_at"])


def _unmet(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
    timer.state = values["state"]
    timer.ended_at = at if timer.state not in LIVE else None
    timer.told = _instant(values["due_at"]) if values["due_at"] else None


def _revived(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
    timer.state, timer.ended_at = values["state"], None
    timer.told = _instant(values["due_at"]) if values["due_at"] else None


def _rests(state: TimerState) -> Callable[[Replayed, datetime, Mapping[str, Any]], None]:
    def rest(timer: Replayed, at: datetime, values: Mapping[str, Any]) -> None:
        timer.state, timer.ended_at = state, _instant(values["at"])
        _close(timer, timer.ended_at)

    return rest


def _close(timer: Replayed, until: datetime) -> None:
    timer.pauses = [(since, max(until, since) if end is None else end) for since, end in timer.pauses]


def _target(values: Mapping[str, Any]) -> Target:
    return Target(values["amount"], Unit(values["unit"]))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


_STEPS: dict[str, Callable[[Replayed, datetime, Mapping[str, Any]], None]] = {
    "timer_paused": _paused,
    "timer_resumed": _resumed,
    "timer_moved": _moved,
    "deadline_set": _set_by_hand,
    "timer_breached": _breached,
    "timer_met": _rests(TimerState.MET),
    "timer_missed": _rests(TimerState.MISSED),
    "timer_waived": _rests(TimerState.WAIVED),
    "timer_ended": _rests(TimerState.ENDED),
    "timer_unmet": _unmet,
    "timer_revived": _revived,
}
