"""Classes of length: how many things took how long, all in one number that the database adds up; pure.

A class is a minute wide up to half an hour, and a twentieth of where it begins from there on. The number of things in
each class stands in eight digits of its own, the shortest class last, so that adding numbers adds up every class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

#: as many things as this are put in order one by one instead
EXACTLY = 5000
#: digits of one class: a hundred million things in it would run over into the next
DIGITS = 8
_MINUTE, _FINE, _STEP, _LONGEST = 60, 30, 1.05, 3 * 366 * 86_400


def _bounds() -> Iterator[int]:
    yield from range(_MINUTE, _FINE * _MINUTE, _MINUTE)
    bound = float(_FINE * _MINUTE)
    while bound < _LONGEST:
        yield round(bound)
        bound *= _STEP


#: where each class but the first begins, in seconds; the last has no end
BOUNDS = tuple(_bounds())


def unpacked(number: str) -> Sequence[int]:
    """Return how many things each class has, the shortest first."""
    padded = number.zfill(-(-len(number) // DIGITS) * DIGITS)
    return [int(padded[end - DIGITS : end]) for end in range(len(padded), 0, -DIGITS)]


def together(several: Sequence[Sequence[int]]) -> Sequence[int]:
    """Return the classes of several added up."""
    longest = max(map(len, several), default=0)
    return [sum(one[place] for one in several if place < len(one)) for place in range(longest)]


def within(classes: Sequence[int], share: float) -> float:
    """Return the seconds that a share of all stayed within, as if what is in a class lay evenly spread in it."""
    place = share * (sum(classes) - 1)
    for number, (count, until) in enumerate(zip(classes, accumulate(classes), strict=True)):
        if count and place <= until - 0.5:
            low, high = _edges(number)
            return low + (high - low) * min(max((place - (until - count) + 0.5) / count, 0.0), 1.0)
    return float(_edges(len(classes) - 1)[0])


def _edges(number: int) -> tuple[int, int]:
    low = BOUNDS[number - 1] if number else 0
    return low, BOUNDS[number] if number < len(BOUNDS) else low
