"""Lines of a page that was read, with where they stand and how surely they were read. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

#: lines of a page, and letters of one, that are looked at: more are no letter's
MOST, LONGEST = 1000, 300


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``left``, ``right``, ``top`` and ``bottom`` are shares of the page, 0 to 1; without words of their own
    all are 0. ``confidence`` is 0 to 100.
    """

    text: str
    confidence: float = 0.0
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0

    @property
    def bare(self) -> str:
        """Return the text without what ruled lines and dirt become at its ends."""
        return self.text.strip(" \t|_~—–-=*'\"`«»•.,;:‘’“”")


def of_text(text: str) -> list[Line]:
    """Return the lines of a text of which nothing else is known."""
    return [Line(" ".join(one[:LONGEST].split())) for one in text.splitlines() if one.strip()][:MOST]


def of_page(page: dict[str, Any]) -> list[Line]:
    """Return the lines of a page as :func:`channels.letters.apart.words` tells of it; one without words by its text."""
    words = page.get("words") or []
    if not words:
        return of_text(str(page.get("text") or ""))
    sides = max(1, int(page["width"])), max(1, int(page["height"]))
    lines = [_line(list(some), sides) for _, some in groupby(words, key=lambda word: word[6])]
    return [line for line in lines if line.text][:MOST]


def _line(words: Sequence[Sequence[Any]], sides: tuple[int, int]) -> Line:
    across, down = sides
    return Line(
        " ".join(str(word[0]) for word in words).strip()[:LONGEST],
        statistics.fmean(float(word[5]) for word in words),
        min(word[1] for word in words) / across,
        max(word[1] + word[3] for word in words) / across,
        min(word[2] for word in words) / down,
        max(word[2] + word[4] for word in words) / down,
    )


def confidence(lines: Iterable[Line]) -> float:
    """Return how surely several lines were read: as surely as the worst of them."""
    return min((line.confidence for line in lines), default=0.0)
