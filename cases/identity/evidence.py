"""What speaks for two records being one person, in words and with a weight; pure. The same device is no evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sign(StrEnum):
    """One thing that speaks for it."""

    VERIFIED = "verified"
    EMAIL = "email"
    NUMBER = "number"
    SHARED = "shared"
    NAME = "name"
    NUMBER_NAMED = "number_named"
    NAMED = "named"
    LANGUAGE = "language"
    SERVICE = "service"


WEIGHTS: dict[Sign, int] = {
    Sign.VERIFIED: 100,
    Sign.EMAIL: 70,
    Sign.NUMBER: 60,
    Sign.NUMBER_NAMED: 35,
    Sign.NAME: 30,
    Sign.NAMED: 25,
    Sign.SHARED: 15,
    Sign.SERVICE: 10,
    Sign.LANGUAGE: 5,
}
WORDS: dict[Sign, str] = {
    Sign.VERIFIED: "The same address, verified for both",
    Sign.EMAIL: "The same e-mail address",
    Sign.NUMBER: "The same phone number",
    Sign.SHARED: "The same phone, which several people use",
    Sign.NAME: "The same name",
    Sign.NUMBER_NAMED: "Their number is named in this citizen's messages",
    Sign.NAMED: "Their name is named in this citizen's messages",
    Sign.LANGUAGE: "The same language",
    Sign.SERVICE: "Both asked for the same service",
}
#: what says nothing by itself: alone it makes nobody a candidate
_WEAK = frozenset({Sign.NAME, Sign.LANGUAGE, Sign.SERVICE})
#: what counts only beside a name
_BESIDE_A_NAME = frozenset({Sign.LANGUAGE, Sign.SERVICE})


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that speaks for it. ``score`` orders candidates; it decides nothing."""

    signs: tuple[Sign, ...]

    @property
    def score(self) -> int:
        """How much it is all together."""
        return sum(WEIGHTS[sign] for sign in self.signs)

    @property
    def words(self) -> tuple[str, ...]:
        """Each sign as a person reads it."""
        return tuple(WORDS[sign] for sign in self.signs)


def weigh(signs: set[Sign]) -> Evidence | None:
    """Return the evidence, the heaviest sign first; None where it is too little to ask a person about."""
    kept = signs if Sign.NAME in signs else signs - _BESIDE_A_NAME
    if not kept - _WEAK and len(kept) < 2:
        return None
    return Evidence(tuple(sorted(kept, key=lambda sign: -WEIGHTS[sign]))) if kept else None
