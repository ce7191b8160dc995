"""One timer's deadline and its next wake-up, reckoned anew from its terms, its start and its pauses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cases.models import Timer
from cases.sla import reckoning
from cases.sla.calendar import Span
from cases.sla.ladder import Rung, rungs
from cases.sla.terms import thawed
from cases.sla.timers import Calendars


def reckon(timer: Timer, *, calendars: Calendars, pauses: Sequence[Span], at: datetime) -> None:
    """Set the deadline that a running timer has by its terms now, and arm its ladder for it."""
    terms = thawed(timer.policy)
    calendar = calendars[terms.calendar]
    timer.calendar_mark = calendar.fingerprint
    arm(
        timer,
        reckoning.due(calendar, terms.target, started=timer.started_at, pauses=pauses),
        calendars=calendars,
        pauses=pauses,
        at=at,
    )


def arm(timer: Timer, due: datetime, *, calendars: Calendars, pauses: Sequence[Span], at: datetime) -> None:
    """Give a timer a deadline, and its ladder the steps that are still to come.

    Steps whose instant has passed are not told again, unless the deadline came nearer.
    """
    nearer = timer.due_at is not None and due < timer.due_at
    timer.due_at = due
    steps = ladder(timer, calendars=calendars, pauses=pauses)
    timer.rung = 0 if nearer else sum(one.at <= at and one.at < due for one in steps)
    timer.next_wake_at = steps[timer.rung].at if timer.rung < len(steps) else None


def ladder(timer: Timer, *, calendars: Calendars, pauses: Sequence[Span]) -> tuple[Rung, ...]:
    """Return the steps of a timer's present deadline; empty while it has none."""
    if timer.due_at is None:
        return ()
    terms = thawed(timer.policy)
    calendar = calendars[terms.calendar]
    return rungs(terms, calendar, started=timer.started_at, due=timer.due_at, pauses=pauses)
