"""Spans of time as pairs of whole microseconds since 1970 in UTC, half-open: cut, unite and walk along them.

Whole numbers are exact to the microsecond and several times faster than datetimes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
#: a promise that lies farther away is a mistake; the walk ends here instead of going on for ever
HORIZON = 36_525 * DAY
TOO_FAR = "is more than a hundred years away"

Piece: TypeAlias = tuple[int, int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return an aware datetime as a number; a naive one raises TypeError."""
    return (at - _EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """Return a number as a datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def union(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return what the pieces cover together: in order, apart from one another, without empty ones."""
    found: list[Piece] = []
    for start, end in sorted(pieces):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return tuple(found)


def cut(piece: Piece, gaps: Sequence[Piece]) -> list[Piece]:
    """Return what is left of a piece outside the gaps, which are in order and apart."""
    start, end = piece
    left = []
    for gap_start, gap_end in gaps:
        if gap_end <= start:
            continue
        if gap_start >= end:
            break
        if gap_start > start:
            left.append((start, gap_start))
        start = gap_end
    if start < end:
        left.append((start, end))
    return left


def inside(gaps: Sequence[Piece], end: int) -> bool:
    """Tell whether the moment just before ``end`` lies in a gap.

    What begins at a closing takes nothing of the day that closes, and what lasts until then takes its last moment.
    """
    return any(gap_start < end <= gap_end for gap_start, gap_end in gaps)


def forward(pieces: Iterator[Piece], amount: int) -> int:
    """Return where so much time of ascending pieces has passed: at the end of a piece rather than the next start."""
    if amount <= HORIZON:
        for start, end in pieces:
            if end - start >= amount:
                return start + amount
            amount -= end - start
    raise OverflowError(TOO_FAR)


def backward(pieces: Iterator[Piece], amount: int) -> int:
    """Return from where on so much time of descending pieces is left: at the start of a piece rather than an end."""
    if amount <= HORIZON:
        for start, end in pieces:
            if end - start >= amount:
                return end - amount
            amount -= end - start
    raise OverflowError(TOO_FAR)
