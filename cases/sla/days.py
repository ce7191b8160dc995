"""The open time of one calendar, as pieces of UTC and as dates that close. Dates are counted in days from 1970."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from cases.sla.offsets import local_date, reading, stretches
from cases.sla.spans import DAY, MINUTE, Piece, union

_KEPT = 4096


class OpenDays:
    """Computes each day once and keeps the last few thousand; safe to share between threads.

    Time is open if the wall clock's reading lies in a window of its date, or in one that runs over from the date
    before. So a repeated hour is open twice, and windows are cut where the clock is changed. Pieces are kept by UTC
    day, not by date: where the clock goes back over midnight, dates do not follow one another.
    """

    __slots__ = ("_pieces", "_windows", "closing", "end", "zone")

    def __init__(self, zone: str, windows: Callable[[int], Sequence[Piece]]) -> None:
        self.zone = zone
        self._windows = windows  # of a date, in minutes after its midnight
        self._pieces = lru_cache(_KEPT)(self._compute_pieces)
        #: when a date's last window closes, None if it opens none
        self.closing = lru_cache(_KEPT)(self._compute_closing)
        #: when a date is over
        self.end = lru_cache(_KEPT)(self._compute_end)

    def between(self, start: int, end: int) -> Iterator[Piece]:
        """Yield the open pieces from ``start`` to ``end``, ascending; they may touch at midnight in UTC."""
        for day in range(start // DAY, (end - 1) // DAY + 1):
            for opens, closes in self._pieces(day):
                piece = max(opens, start), min(closes, end)
                if piece[0] < piece[1]:
                    yield piece

    def back_from(self, end: int, start: int) -> Iterator[Piece]:
        """Yield the same, descending."""
        for day in range((end - 1) // DAY, start // DAY - 1, -1):
            for opens, closes in reversed(self._pieces(day)):
                piece = max(opens, start), min(closes, end)
                if piece[0] < piece[1]:
                    yield piece

    def date(self, at: int) -> int:
        """Return the local date of an instant."""
        return local_date(self.zone, at)

    def _compute_pieces(self, day: int) -> tuple[Piece, ...]:
        found = []
        for begins, ends, offset in stretches(self.zone, day):
            for date in range((begins + offset) // DAY - 1, (ends - 1 + offset) // DAY + 1):
                for opens, closes in self._windows(date):
                    start = max(begins, date * DAY + opens * MINUTE - offset)
                    end = min(ends, date * DAY + closes * MINUTE - offset)
                    if start < end:
                        found.append((start, end))
        return union(found)

    def _compute_closing(self, date: int) -> int | None:
        midnight = date * DAY
        ends = [
            end
            for opens, closes in self._windows(date)
            for _, end in reading(self.zone, midnight + opens * MINUTE, midnight + closes * MINUTE)
        ]
        return max(ends, default=None)

    def _compute_end(self, date: int) -> int:
        ends = [end for _, end in reading(self.zone, date * DAY, (date + 1) * DAY)]
        return max(ends) if ends else self.end(date - 1)  # a zone that crosses the date line skips a date
