"""How a deadline came about, in lines that a person can follow with a calendar in hand; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.sla import ladder, reckoning
from cases.sla.calendar import Calendar, Span
from cases.sla.policy import Target, Unit
from cases.sla.terms import Terms, thawed

#: days that are written out one by one; of longer stretches the first and the last
WRITTEN_OUT = 12
UNITS = {
    Unit.MINUTES: ("working minute", "working minutes"),
    Unit.WORKING_DAYS: ("working day", "working days"),
    Unit.ELAPSED: ("hour on the clock", "hours on the clock"),
    Unit.CALENDAR_DAYS: ("calendar day", "calendar days"),
}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Running:
    """What is explained: a timer's own values. ``pauses`` are (from, until or None, status)."""

    policy: dict[str, Any]
    started_at: datetime
    due_at: datetime | None
    overridden: bool
    pauses: tuple[tuple[datetime, datetime | None, str], ...] = ()

    def stood(self, until: datetime) -> list[Span]:
        """Return the pauses as spans; one that goes on ends at ``until``."""
        return [Span(since, end or max(until, since)) for since, end, _ in self.pauses]


def lines(timer: Running, calendar: Calendar | None, *, now: datetime) -> tuple[str, ...]:
    """Explain a timer: what was promised, when it stood still, day by day how the time was counted, and its ladder."""
    terms = thawed(timer.policy)
    zone = ZoneInfo(calendar.zone if calendar else "UTC")
    return tuple(_lines(timer, terms, calendar, zone, now))


def amount(target: Target) -> str:
    """Return a target in words."""
    one, many = UNITS[target.unit]
    return f"1 {one}" if target.amount == 1 else f"{target.amount} {many}"


def left(timer: Running, calendar: Calendar | None, *, now: datetime) -> str:
    """Return what is left until the deadline, in the time that its unit counts; empty where that is nothing."""
    terms = thawed(timer.policy)
    if calendar is None:
        return ""
    if timer.due_at is None:
        used = reckoning.elapsed(
            calendar, terms.target.unit, started=timer.started_at, until=now, pauses=timer.stood(now)
        )
        return f"{_span(used)} used"
    if timer.due_at <= now:
        return ""
    if terms.target.unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS):
        days = reckoning.counted_days(calendar, Unit.WORKING_DAYS, started=now, until=timer.due_at)
        if days:
            return f"{days} working day{'s' if days > 1 else ''} left"
    minutes = reckoning.elapsed(calendar, terms.target.unit, started=now, until=timer.due_at)
    return f"{_span(minutes)} {'left' if terms.target.unit is Unit.ELAPSED else 'of working time left'}"


def _lines(timer: Running, terms: Terms, calendar: Calendar | None, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    named = f"policy {terms.policy}, version {terms.version}, calendar {terms.calendar}"
    yield f"Promised within {amount(terms.target)} ({named})."
    yield f"Started {_at(timer.started_at, zone)}."
    for since, until, reason in timer.pauses:
        end = _at(until, zone) if until else "now"
        yield f"Stood still from {_at(since, zone)} until {end}: {reason.replace('_', ' ')}."
    if timer.due_at is None:
        yield "Stands still: its deadline is known again when it runs on."
        return
    if timer.overridden:
        yield f"Due {_at(timer.due_at, zone)}, set by hand: calendars, pauses and policies do not move it."
        return
    if calendar is None:
        yield f"Due {_at(timer.due_at, zone)}. The calendar is not there any more."
        return
    yield from _shortened([*_days(timer, terms, calendar, zone)])
    yield f"Due {_at(timer.due_at, zone)}."
    steps = ladder.rungs(terms, calendar, started=timer.started_at, due=timer.due_at, pauses=timer.stood(now))
    for one in steps:
        if one.to:
            goes = "went" if one.at <= now else "goes"
            yield f"{_at(one.at, zone)}, {ladder.words(one.step)}: {goes} to {' and '.join(one.to)}."


def _days(timer: Running, terms: Terms, calendar: Calendar, zone: ZoneInfo) -> Iterator[str]:
    """Yield a line for each day from the start to the deadline."""
    assert timer.due_at is not None
    unit, pauses, counted, received = terms.target.unit, timer.stood(timer.due_at), 0, False
    if unit is Unit.ELAPSED:
        return
    first, last = timer.started_at.astimezone(zone).date(), timer.due_at.astimezone(zone).date()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        window = Span(max(timer.started_at, _midnight(day, zone)), min(timer.due_at, _midnight(day, zone, 1)))
        if unit is Unit.MINUTES:
            used = reckoning.elapsed(calendar, unit, started=window.start, until=window.end, pauses=pauses)
            counted += int(used / _MINUTE)
            hours = _hours(calendar, window, zone)
            yield f"{_day(day)}: {hours}; {int(used / _MINUTE)} min, {counted} of {terms.target.amount}"
        else:
            so_far = reckoning.counted_days(calendar, unit, started=timer.started_at, until=window.end, pauses=pauses)
            hours, grown, counted = _hours(calendar, window, zone), so_far > counted, so_far
            receipt = not received and not grown and any(True for _ in calendar.spans(*window))
            received = received or receipt or grown
            how = f"day {counted}" if grown else "day of receipt" if receipt else "not counted"
            yield f"{_day(day)}: {hours}; {how}"


def _hours(calendar: Calendar, window: Span, zone: ZoneInfo) -> str:
    special = calendar.special.get(window.start.astimezone(ZoneInfo(calendar.zone)).date())
    open_spans = [f"{_clock(one.start, zone)}-{_clock(one.end, zone)}" for one in calendar.spans(*window)]
    named = f" ({special.name})" if special and special.name else ""
    return (", ".join(open_spans) if open_spans else "closed") + named


def _shortened(days: Sequence[str]) -> Sequence[str]:
    if len(days) <= WRITTEN_OUT:
        return days
    half = WRITTEN_OUT // 2
    return [*days[:half], f"… {len(days) - 2 * half} more days …", *days[-half:]]


def _midnight(day: date, zone: ZoneInfo, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=later), datetime.min.time(), zone)


def _at(instant: datetime, zone: ZoneInfo) -> str:
    return f"{_day(instant.astimezone(zone).date())} {_clock(instant, zone)}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%H:%M}"


def _span(span: timedelta) -> str:
    minutes = int(span / _MINUTE)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
