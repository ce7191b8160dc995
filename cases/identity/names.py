"""Names as they are compared, and what a text names; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

#: a name has so many words, as far as texts are searched for names
SHORTEST_NAME, LONGEST_NAME = 2, 3
MOST_NAMED = 400
_NUMBER = re.compile(r"(?<![\w+])(\+?\d(?:[ .-]?\d){7,14})(?!\w)")


def fold(name: str) -> str:
    """Return a name without case, marks and signs: ``Akosua  Mensah-Addo`` is ``akosua mensah addo``."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def windows(texts: Iterable[str]) -> frozenset[str]:
    """Return every two and three words in a row of some texts, folded: what could be a name in them."""
    found: set[str] = set()
    for text in texts:
        words = fold(text).split()
        for length in range(SHORTEST_NAME, LONGEST_NAME + 1):
            found.update(" ".join(words[at : at + length]) for at in range(len(words) - length + 1))
        if len(found) > MOST_NAMED:
            break
    return frozenset(sorted(found)[:MOST_NAMED])


def numbers(texts: Iterable[str], prefixes: Iterable[str]) -> frozenset[str]:
    """Return the phone numbers that texts name, as E.164; one without a country is of each of ``prefixes``."""
    return frozenset(one for text in texts for one in _numbers(text, tuple(prefixes)))


def _numbers(text: str, prefixes: tuple[str, ...]) -> Iterator[str]:
    for found in _NUMBER.findall(text):
        digits = "".join(c for c in found if c.isdigit())
        if found.startswith("+"):
            yield f"+{digits}"
        elif digits.startswith("0"):
            yield from (f"{prefix}{digits[1:]}" for prefix in prefixes)
