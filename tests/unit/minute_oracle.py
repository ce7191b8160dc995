"""A second opinion on deadlines: goes through UTC minute by minute and asks the wall clock of the zone each time.

It shares nothing with the engine but the definitions. Slow, plain, and exact where windows, pauses and clock changes
fall on whole minutes; starts may fall anywhere. Minutes are counted from 1970, instants are microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = 60_000_000
A_DAY = 1440
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Windows = Sequence[tuple[int, int]]
Minutes = Sequence[tuple[int, int]]


class Wall:
    """What a zone's wall clock shows in each minute of UTC."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._days: dict[int, list[tuple[int, int]]] = {}
        self._dates: dict[int, list[tuple[int, int]]] = {}

    def day(self, number: int) -> list[tuple[int, int]]:
        """Return date and minute of the date, by minute of a UTC day."""
        if number not in self._days:
            midnight = _EPOCH + timedelta(days=number)
            shown = [(midnight + timedelta(minutes=minute)).astimezone(self._zone) for minute in range(A_DAY)]
            self._days[number] = [(one.toordinal(), one.hour * 60 + one.minute) for one in shown]
        return self._days[number]

    def date(self, minute: int) -> int:
        return self.day(minute // A_DAY)[minute % A_DAY][0]

    def minutes(self, ordinal: int) -> list[tuple[int, int]]:
        """Return the minutes of UTC in which the clock shows a date, each with the minute it shows."""
        if ordinal not in self._dates:
            number = ordinal - date(1970, 1, 1).toordinal()
            self._dates[ordinal] = [
                (day * A_DAY + minute, shown)
                for day in range(number - 1, number + 2)
                for minute, (of_date, shown) in enumerate(self.day(day))
                if of_date == ordinal
            ]
        return self._dates[ordinal]


@dataclass
class Oracle:
    """One calendar; windows in minutes after midnight, special days by date."""

    wall: Wall
    week: Sequence[Windows]
    special: Mapping[date, Windows]
    closed_due: str
    _open: dict[int, bytes] = field(default_factory=dict)
    _masks: dict[int, bytes] = field(default_factory=dict)
    _ends: dict[int, tuple[int, int | None]] = field(default_factory=dict)

    def due_minutes(self, amount: int, start: int, pauses: Minutes) -> int:
        return self._walk(amount * MINUTE, start, pauses, plain=False)

    def due_elapsed(self, hours: int, start: int, pauses: Minutes) -> int:
        return self._walk(hours * 60 * MINUTE, start, pauses, plain=True)

    def elapsed(self, start: int, until: int, pauses: Minutes, *, plain: bool) -> int:
        if until <= start:
            return 0
        first, (last, rest) = start // MINUTE, divmod(until, MINUTE)
        total = 0
        for midnight, table in self._days(first, pauses, plain=plain):
            total -= self._begun(start, midnight, table)
            if last < midnight + A_DAY:
                at = last - midnight
                return total + table.count(1, 0, at) * MINUTE + table[at] * rest
            total += table.count(1) * MINUTE
        raise AssertionError

    def due_working_days(self, amount: int, start: int, pauses: Minutes) -> int:
        counted = 0
        for closing in self._closings(start):
            counted += not _paused(closing, pauses)
            if counted == amount:
                return closing * MINUTE
        raise AssertionError

    def due_calendar_days(self, amount: int, start: int, pauses: Minutes) -> int:
        """Try one date after the other; a pause that begins at a date's deadline or later has no say in it."""
        first = self.wall.date(start // MINUTE) + 1
        for day in range(first, first + 400):
            deadline = self._deadline(day)
            known = [pause for pause in pauses if pause[0] < deadline]
            counted = sum(not _paused(self._end(one), known) for one in range(first, day + 1))
            if counted >= amount and deadline * MINUTE > start and not _paused(deadline, known):
                return deadline * MINUTE
        raise AssertionError

    def counted_days(self, start: int, until: int, pauses: Minutes, *, working: bool) -> int:
        first = self.wall.date(start // MINUTE) + 1
        days = range(first, first + 400)
        ends = self._closings(start) if working else (self._end(day) for day in days)
        counted = 0
        for end in ends:
            if end * MINUTE > until:
                break
            counted += not _paused(end, pauses)
        return counted

    # One minute, one day.

    def _walk(self, left: int, start: int, pauses: Minutes, *, plain: bool) -> int:
        for midnight, table in self._days(start // MINUTE, pauses, plain=plain):
            left += self._begun(start, midnight, table)
            for minute, ticks in enumerate(table, midnight):
                if ticks and left <= MINUTE:
                    return minute * MINUTE + left
                left -= ticks * MINUTE
        raise AssertionError

    def _begun(self, start: int, midnight: int, table: bytearray) -> int:
        """Return what had passed of the first minute, if it is one in which the clock runs."""
        at, passed = start // MINUTE - midnight, start % MINUTE
        return passed if 0 <= at < A_DAY and table[at] else 0

    def _days(self, first: int, pauses: Minutes, *, plain: bool) -> Iterator[tuple[int, bytearray]]:
        """Yield the UTC days from a minute on: 1 for a minute in which the clock runs."""
        for midnight in range(first // A_DAY * A_DAY, first + 400 * A_DAY, A_DAY):
            table = bytearray(b"\1" * A_DAY if plain else self._table(midnight // A_DAY))
            for start, end in [(midnight, first), *pauses]:
                low, high = max(start, midnight) - midnight, min(end - midnight, A_DAY)
                if low < high:
                    table[low:high] = bytes(high - low)
            yield midnight, table

    def _table(self, day: int) -> bytes:
        if day not in self._open:
            self._open[day] = bytes(self._mask(of_date)[minute] for of_date, minute in self.wall.day(day))
        return self._open[day]

    def _mask(self, day: int) -> bytes:
        """Return 1 for a minute of a date that lies in a window, be it one that runs over from the date before."""
        if day not in self._masks:
            mask = bytearray(2 * A_DAY)
            for opens, closes in self._windows(day - 1):
                mask[opens:closes] = b"\1" * (closes - opens)
            mask = mask[A_DAY:] + bytes(A_DAY)
            for opens, closes in self._windows(day):
                mask[opens:closes] = b"\1" * (closes - opens)
            self._masks[day] = bytes(mask[:A_DAY])
        return self._masks[day]

    def _windows(self, day: int) -> Windows:
        found = date.fromordinal(day)
        return self.special[found] if found in self.special else self.week[found.weekday()]

    def _end(self, day: int) -> int:
        return self._both_ends(day)[0]

    def _closing(self, day: int) -> int | None:
        return self._both_ends(day)[1]

    def _both_ends(self, day: int) -> tuple[int, int | None]:
        """Return the minute after the last of a date, and after the last in which a window of it is open."""
        if day not in self._ends:
            own, windows = self.wall.minutes(day), self._windows(day)
            late = [(minute, shown + A_DAY) for minute, shown in self.wall.minutes(day + 1)]
            last = max((closes for _, closes in windows), default=0)
            shown_by = [*own, *late] if last > A_DAY else own
            inside = (
                minute
                for minute, shown in reversed(shown_by)
                if shown < last and any(opens <= shown < closes for opens, closes in windows)
            )
            closing = next(inside, None)
            self._ends[day] = (own[-1][0] + 1, None if closing is None else closing + 1)
        return self._ends[day]

    def _closings(self, start: int) -> Iterator[int]:
        """Yield the closings of the working days after the one that a receipt belongs to."""
        first = self.wall.date(start // MINUTE)
        found = (closing for closing in map(self._closing, range(first, first + 400)) if closing is not None)
        receipt = next(found)
        if receipt * MINUTE <= start:
            next(found)
        yield from found

    def _deadline(self, day: int) -> int:
        closing = self._closing(day)
        if closing is None and self.closed_due == "same":
            return self._end(day)
        while closing is None:
            day += -1 if self.closed_due == "before" else 1
            closing = self._closing(day)
        return closing


def _paused(end: int, pauses: Minutes) -> bool:
    """Tell whether the last minute before ``end`` is paused."""
    return any(start <= end - 1 < stop for start, stop in pauses)
