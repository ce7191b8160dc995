"""Which offset a zone's clock has at an instant: by UTC day, split where the clock is changed.

A wall clock's reading is written like an instant, in microseconds since 1970, with the offset added.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cases.sla.spans import DAY, Piece, instant

_SECOND = timedelta(seconds=1)
_TICK = 1_000_000
#: no zone ever changed its clock twice within so short a time
_STEP = DAY // 4


class Stretch(NamedTuple):
    """A span of one offset."""

    start: int
    end: int
    offset: int


@lru_cache(maxsize=16_384)
def stretches(zone: str, day: int) -> tuple[Stretch, ...]:
    """Return the parts of a UTC day, counted from 1970, in order."""
    start, finish = day * DAY, (day + 1) * DAY
    offset = _offset(zone, start)
    found = []
    for low, high in pairwise(range(start, finish + 1, _STEP)):
        after = _offset(zone, high)
        if after != offset:
            change = _change(zone, low, high)
            found.append(Stretch(start, change, offset))
            start, offset = change, after
    if start < finish:
        found.append(Stretch(start, finish, offset))
    return tuple(found)


def local_date(zone: str, at: int) -> int:
    """Return the date that the wall clock shows, counted in days from 1970."""
    offset = next(one.offset for one in stretches(zone, at // DAY) if one.start <= at < one.end)
    return (at + offset) // DAY


def reading(zone: str, low: int, high: int) -> Iterator[Piece]:
    """Yield when the wall clock reads ``low`` up to ``high``: nothing if that is skipped, twice if it is repeated."""
    for day in range(low // DAY - 1, high // DAY + 2):
        for one in stretches(zone, day):
            start, end = max(one.start, low - one.offset), min(one.end, high - one.offset)
            if start < end:
                yield start, end


def _offset(zone: str, at: int) -> int:
    offset = instant(at).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return offset // _SECOND * _TICK


def _change(zone: str, low: int, high: int) -> int:
    """Return the second at which the offset of ``low`` has ended."""
    before = _offset(zone, low)
    while high - low > _TICK:
        middle = low + (high - low) // _TICK // 2 * _TICK
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
