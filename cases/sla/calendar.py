"""Working calendars: when time counts, by weekly windows, special days and a named zone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.sla import spans
from cases.sla.days import OpenDays

_EPOCH = date(1970, 1, 1)
_MONDAY = 3  # 1970 began on a Thursday
_WHOLE_DAY = 1440
_TEN_YEARS = 3653


class EmptyCalendar(ValueError):
    """A calendar stays closed for ten years: no promise by it could ever be due."""


class Span(NamedTuple):
    """From ``start`` until just before ``end``, both aware."""

    start: datetime
    end: datetime


class Window(NamedTuple):
    """Minutes after local midnight; ``closes`` is 1440 for 24:00 and more if it runs into the next day.

    A window over midnight belongs to the day on which it opens.
    """

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day whose own windows stand for those of its weekday; without any it is closed."""

    day: date
    windows: tuple[Window, ...]
    name: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Seven days of windows, Monday first, in the local time of an IANA zone; ``special`` is by date.

    ``closed_due`` says when a target of calendar days is due that ends on a closed day: on the working day before
    or after it, or at the end of that same day. ``fingerprint`` differs wherever deadlines might.
    """

    key: str
    zone: str
    week: tuple[tuple[Window, ...], ...]
    special: Mapping[date, SpecialDay] = field(default_factory=dict, hash=False)
    closed_due: Literal["before", "after", "same"] = "before"
    name: str = ""
    fingerprint: str = field(init=False, repr=False, compare=False)
    days: OpenDays = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check(self)
        object.__setattr__(self, "special", dict(self.special))
        object.__setattr__(self, "fingerprint", _fingerprint(self))
        windows = {(day - _EPOCH).days: special.windows for day, special in self.special.items()}
        week = self.week
        # the days hold no way back to the calendar, so that neither outlives the other
        object.__setattr__(self, "days", OpenDays(self.zone, lambda day: windows.get(day, week[(day + _MONDAY) % 7])))

    def windows(self, day: date) -> tuple[Window, ...]:
        """Return the windows that open on a day."""
        special = self.special.get(day)
        return self.week[day.weekday()] if special is None else special.windows

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield the open spans of a time, cut at its ends, ascending and never touching."""
        held: spans.Piece | None = None
        for piece in self.days.between(spans.micros(start), spans.micros(end)):
            if held and held[1] == piece[0]:
                held = (held[0], piece[1])
                continue
            if held:
                yield _span(held)
            held = piece
        if held:
            yield _span(held)

    def is_open(self, instant: datetime) -> bool:
        at = spans.micros(instant)
        return any(True for _ in self.days.between(at, at + 1))

    def next_opening(self, instant: datetime) -> datetime:
        """Return the first open instant from ``instant`` on, which is itself if it is open."""
        at = spans.micros(instant)
        for start, _ in self.days.between(at, at + _TEN_YEARS * spans.DAY):
            return spans.instant(start)
        raise EmptyCalendar(_never_opens(self))

    def closing(self, day: date) -> datetime | None:
        """Return when the last window of a local day closes; None if the day is closed."""
        at = self.days.closing((day - _EPOCH).days)
        return None if at is None else spans.instant(at)

    def is_working_day(self, day: date) -> bool:
        return self.closing(day) is not None


def _span(piece: spans.Piece) -> Span:
    return Span(spans.instant(piece[0]), spans.instant(piece[1]))


def _check(calendar: Calendar) -> None:
    try:
        ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"calendar {calendar.key!r}: {calendar.zone!r} is no time zone") from error
    if len(calendar.week) != 7:
        raise ValueError(f"calendar {calendar.key!r}: a week has seven days, not {len(calendar.week)}")
    for day, special in calendar.special.items():
        if special.day != day:
            raise ValueError(f"calendar {calendar.key!r}: {special.day} stands under {day}")
    days = [*calendar.week, *(special.windows for special in calendar.special.values())]
    for opens, closes in (window for windows in days for window in windows):
        if not (0 <= opens < _WHOLE_DAY and opens < closes <= opens + _WHOLE_DAY):
            raise ValueError(f"calendar {calendar.key!r}: no window opens at minute {opens} and closes at {closes}")
    _check_opens(calendar)


def _check_opens(calendar: Calendar) -> None:
    """Refuse a calendar that would be closed for ten years on end, as one without weekly windows is at its end."""
    closed = 0 if any(calendar.week) else _TEN_YEARS
    first, last = min(calendar.special, default=_EPOCH), max(calendar.special, default=_EPOCH)
    for number in range((last - first).days + 1):
        if closed >= _TEN_YEARS:
            break
        closed = 0 if calendar.windows(first + timedelta(days=number)) else closed + 1
    if closed >= _TEN_YEARS:
        raise EmptyCalendar(_never_opens(calendar))


def _never_opens(calendar: Calendar) -> str:
    return f"calendar {calendar.key!r} does not open within ten years; write weekly windows"


def _fingerprint(calendar: Calendar) -> str:
    special = {day.isoformat(): sorted(one.windows) for day, one in calendar.special.items()}
    said = [calendar.zone, [sorted(windows) for windows in calendar.week], special, calendar.closed_due]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


ALWAYS_OPEN = Calendar("always-open", "UTC", ((Window(0, _WHOLE_DAY),),) * 7)
