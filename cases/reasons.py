"""Why somebody looks at what is not theirs: a closed list, and words of their own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cases.errors import Invalid

SHORTEST, LONGEST = 5, 300


class Why(StrEnum):
    """What may be given as a reason."""

    ASKED = "asked"
    DANGER = "danger"
    STANDS_IN = "stands_in"
    OVERSIGHT = "oversight"
    MENDING = "mending"
    OTHER = "other"


WORDS: dict[Why, str] = {
    Why.ASKED: "The citizen is asking about it now",
    Why.DANGER: "Danger to life or health",
    Why.STANDS_IN: "I stand in for who works on it",
    Why.OVERSIGHT: "Audit, a court, or a body that oversees us",
    Why.MENDING: "A record is wrong, or there twice",
    Why.OTHER: "Another reason",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as it was given."""

    why: Why
    words: str


def read(why: str, words: str) -> Reason:
    """Return a reason; raises ``Invalid`` for one that is not on the list, or that says nothing."""
    said = " ".join(words.split())
    if why not in set(Why):
        raise Invalid("Choose why you have to look.", field="why")
    if not SHORTEST <= len(said) <= LONGEST:
        raise Invalid(f"Say in {SHORTEST} to {LONGEST} characters what you need it for.", field="words")
    return Reason(Why(why), said)
