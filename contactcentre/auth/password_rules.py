"""Which passwords are refused: short ones, well-known ones, and those made of one's own or the house's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cases.errors import Invalid

SHORTEST, LONGEST = 12, 1000
#: a name shorter than this stands in many good passwords by chance
SHORTEST_NAME = 4
#: with these gone, so much must be left that is not known
LEAST_OWN = 8
_KNOWN = (
    "password", "passw0rd", "p@ssw0rd", "p@ssword", "welcome", "letmein", "changeme", "iloveyou", "administrator",
    "admin", "qwertyuiop", "qwerty", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t", "1q2w3e4r", "1qaz2wsx", "abc123", "football",
    "monkey", "dragon", "sunshine", "princess", "superman", "jesus", "secret", "default", "contactcentre", "contact",
    "centre", "abcdefghijklmnopqrstuvwxyz", "abcdefgh", "12345678901234567890", "1234567890", "12345678", "123456",
    "1234", "0987654321", "987654321", "2024", "2025", "2026", "2027",
)  # fmt: skip


def check(password: str, *, username: str, name: str, organisation: Iterable[str]) -> None:
    """Raise ``Invalid`` for a password that others would try soon; the message says what to do instead."""
    if len(password) < SHORTEST:
        raise Invalid(f"Choose at least {SHORTEST} characters; three or four words are good.", field="password")
    if len(password) > LONGEST:
        raise Invalid(f"Choose at most {LONGEST} characters.", field="password")
    plain = _plain(password)
    if len(set(plain)) < 5:
        raise Invalid("Choose more than a few different characters.", field="password")
    if len(_without(plain, _KNOWN)) < LEAST_OWN:
        raise Invalid("This password is well known, or nearly so. Choose words that nobody expects.", field="password")
    theirs = [part for text in (username, name, *organisation) for part in _parts(text)]
    if len(_without(plain, theirs)) < LEAST_OWN:
        raise Invalid("Choose a password without your own name and that of the organisation.", field="password")


def _without(text: str, known: Iterable[str]) -> str:
    for one in sorted(known, key=len, reverse=True):
        text = text.replace(one, "")
    return text


def _parts(text: str) -> Iterable[str]:
    words = re.findall(r"[^\W_]+", _plain(text))
    whole = "".join(words)
    return [one for one in (whole, _plain(text), *words) if len(one) >= SHORTEST_NAME]


def _plain(text: str) -> str:
    """Return a text as it is compared: small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(one for one in apart if not unicodedata.combining(one))
