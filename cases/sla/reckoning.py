"""Deadlines: pure functions of a calendar, a target, a start and the pauses. What is returned is UTC.

Pauses are united and count from the start on. One that takes no working time moves no deadline of working time, one
that begins after a deadline does not move it at all, and no deadline lies within one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from cases.sla.calendar import Calendar, EmptyCalendar, Span
from cases.sla.policy import Target, Unit
from cases.sla.spans import (
    DAY,
    HORIZON,
    HOUR,
    MINUTE,
    TOO_FAR,
    Piece,
    backward,
    cut,
    forward,
    inside,
    instant,
    micros,
    union,
)

_FARTHEST = HORIZON // DAY
_SIDES = {"before": range(-1, -_FARTHEST, -1), "after": range(1, _FARTHEST)}


def due(calendar: Calendar, target: Target, *, started: datetime, pauses: Sequence[Span] = ()) -> datetime:
    """Return when a target is due. OverflowError if that is more than a hundred years away."""
    if target.amount < 1:
        raise ValueError(f"{target.amount} {target.unit.value} is no target")
    start = micros(started)
    away = _away(pauses, since=start)
    match target.unit:
        case Unit.WORKING_DAYS:
            return instant(_nth_working_day(calendar, target.amount, start, away))
        case Unit.CALENDAR_DAYS:
            return instant(_nth_calendar_day(calendar, target.amount, start, away))
        case _:
            amount = target.amount * (HOUR if target.unit is Unit.ELAPSED else MINUTE)
            return instant(forward(_running(calendar, target.unit, start, start + HORIZON, away), amount))


def elapsed(
    calendar: Calendar, unit: Unit, *, started: datetime, until: datetime, pauses: Sequence[Span] = ()
) -> timedelta:
    """Return how long the clock ran: working time, of elapsed hours plain time."""
    start = micros(started)
    running = _running(calendar, unit, start, micros(until), _away(pauses, since=start))
    return timedelta(microseconds=sum(end - begin for begin, end in running))


def counted_days(
    calendar: Calendar, unit: Unit, *, started: datetime, until: datetime, pauses: Sequence[Span] = ()
) -> int:
    """Return how many days after the day of receipt have closed, or of calendar days ended, with the clock running."""
    start, stop, days = micros(started), micros(until), calendar.days
    away = _away(pauses, since=start)
    match unit:
        case Unit.WORKING_DAYS:
            dates = range(_receipt(calendar, start) + 1, days.date(stop) + 1)
            ends = [end for end in map(days.closing, dates) if end is not None]
        case Unit.CALENDAR_DAYS:
            ends = [days.end(date) for date in range(days.date(start) + 1, days.date(stop) + 1)]
        case _:
            raise ValueError(f"{unit.value} counts no days")
    return sum(end <= stop and not inside(away, end) for end in ends)


def share_at(
    calendar: Calendar,
    target: Target,
    share: Fraction | int,
    *,
    started: datetime,
    due: datetime,
    pauses: Sequence[Span] = (),
) -> datetime:
    """Return when this share of the time to the deadline is used up: whole numbers are per cent."""
    part = Fraction(share, 100) if isinstance(share, int) else share
    if not 0 < part <= 1:
        raise ValueError(f"{share} is no share of a whole")
    start = micros(started)
    running = [*_running(calendar, target.unit, start, micros(due), _away(pauses, since=start))]
    total = sum(end - begin for begin, end in running)
    return instant(forward(iter(running), int(total * part))) if running else instant(start)


def before(calendar: Calendar, unit: Unit, minutes: int, *, due: datetime, pauses: Sequence[Span] = ()) -> datetime:
    """Return from when on so many minutes are left: working minutes, of elapsed hours plain ones."""
    if not minutes:
        return due.astimezone(UTC)
    end = micros(due)
    start = end - HORIZON
    away = _away(pauses, since=start)
    pieces = iter([(start, end)]) if unit is Unit.ELAPSED else calendar.days.back_from(end, start)
    running = (left for piece in pieces for left in reversed(cut(piece, away)))
    return instant(backward(running, minutes * MINUTE))


def after(calendar: Calendar, unit: Unit, minutes: int, *, due: datetime) -> datetime:
    """Return when so many minutes have passed since the deadline: working minutes, of elapsed hours plain ones."""
    if not minutes:
        return due.astimezone(UTC)
    start = micros(due)
    return instant(forward(_running(calendar, unit, start, start + HORIZON, ()), minutes * MINUTE))


def _away(pauses: Sequence[Span], *, since: int) -> tuple[Piece, ...]:
    if not pauses:
        return ()
    return union((max(micros(start), since), micros(end)) for start, end in pauses)


def _running(calendar: Calendar, unit: Unit, start: int, end: int, away: Sequence[Piece]) -> Iterator[Piece]:
    """Yield when the clock runs."""
    if unit is not Unit.ELAPSED:
        pieces = calendar.days.between(start, end)
    else:
        pieces = iter([(start, end)] if start < end else [])
    return (left for piece in pieces for left in cut(piece, away)) if away else pieces


def _receipt(calendar: Calendar, start: int) -> int:
    """Return the working day that a receipt belongs to: its own date, or the next that is open and has not closed."""
    date = calendar.days.date(start)
    for day in range(date, date + _FARTHEST):
        closing = calendar.days.closing(day)
        if closing is not None and closing > start:
            return day
    raise EmptyCalendar(f"calendar {calendar.key!r} has no working day")


def _nth_working_day(calendar: Calendar, amount: int, start: int, away: Sequence[Piece]) -> int:
    receipt = _receipt(calendar, start)
    for day in _dates(receipt, amount):
        closing = calendar.days.closing(day)
        if closing is not None and not inside(away, closing):
            amount -= 1
            if not amount:
                return closing
    raise OverflowError(TOO_FAR)


def _nth_calendar_day(calendar: Calendar, amount: int, start: int, away: Sequence[Piece]) -> int:
    """Bring in the pauses that began before the deadline; those move it, and may thereby bring in others."""
    known: Sequence[Piece] = ()
    while True:
        found = _ending(calendar, amount, start, known)
        begun = [pause for pause in away if pause[0] < found]
        if len(begun) == len(known):
            return found
        known = begun


def _ending(calendar: Calendar, amount: int, start: int, away: Sequence[Piece]) -> int:
    """Return the deadline of the first date that so many days have led to, if it can be kept; else of the next."""
    receipt = calendar.days.date(start)
    for day in _dates(receipt, amount):
        amount -= not inside(away, calendar.days.end(day))
        if amount <= 0:
            found = _closing_for(calendar, day)
            if found > start and not inside(away, found):
                return found
    raise OverflowError(TOO_FAR)


def _dates(receipt: int, amount: int) -> range:
    """Return the dates after a receipt; none if so many days would lead too far anyway."""
    return range(receipt + 1, receipt + (_FARTHEST if amount < _FARTHEST else 1))


def _closing_for(calendar: Calendar, day: int) -> int:
    closing = calendar.days.closing(day)
    if closing is not None:
        return closing
    if calendar.closed_due == "same":
        return calendar.days.end(day)
    for step in _SIDES[calendar.closed_due]:
        closing = calendar.days.closing(day + step)
        if closing is not None:
            return closing
    raise EmptyCalendar(f"calendar {calendar.key!r} has no working day")
