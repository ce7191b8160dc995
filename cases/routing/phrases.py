"""What rules and services look for in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cases.routing import words


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after another, or ``apart`` from one another anywhere. Made by :func:`phrase`."""

    stems: tuple[str, ...]
    folded: tuple[str, ...]
    written: str
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that a text has: as it was written there, with so many slips."""

    phrase: Phrase
    said: str
    slips: int = 0

    @property
    def length(self) -> int:
        """Return of how many words the phrase is."""
        return len(self.phrase.stems)


Hits = Mapping[Phrase, Hit]


def phrase(written: str) -> Phrase:
    """Make a phrase of words in a row."""
    found = words.split(written)
    return Phrase(tuple(one.stem for one in found), tuple(one.folded for one in found), written)


def apart(written: Iterable[str]) -> Phrase:
    """Make a phrase of words that may stand anywhere, in any order."""
    parts = [one for part in written for one in words.split(part)]
    name = " … ".join(written)
    return Phrase(tuple(one.stem for one in parts), tuple(one.folded for one in parts), name, apart=True)
