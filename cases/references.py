"""A case's reference and code: what a citizen quotes, and what proves that the case is theirs.

A reference is seven digits from a keyed permutation of a sequence, so that neighbours cannot be guessed and none is
ever used twice, and a Damm check digit, which catches every single wrong digit and every swap of neighbours
(H. M. Damm, *Total anti-symmetrische Quasigruppen*, 2004).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

CAPACITY = 10_000_000
_HALF = 3163  # the Feistel halves: 3163 * 3163 is the least square above the capacity
_ROUNDS = 6
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_SPACING = r"(?:[^\S\r\n]|[.\-–—/()]){0,3}"  # as people and phones write it: 4821-7736, 4821 7736, 48 21 77 36
#: all the digits of a line that nothing but spacing parts, so that no piece of a phone number is looked at by itself
_NUMBER = re.compile(rf"(?:\+[\s(]{{0,2}})?\d(?:{_SPACING}\d)*")
_COUNTRY_CODE = re.compile(r"00\s?[1-9]\d{0,2}\s")
#: a reference with other digits beside it: as we write it, or first of all in two fours or in one piece
_BESIDE = re.compile(r"(?:(?<![^\s(])\d{4}[-–—]\d{4}|\A[1-9]\d{3}\s\d{4}|\A\d{8})(?=[).]{0,2}(?:\s|\Z))")


def check_digit(digits: str) -> int:
    """Return the Damm digit that makes ``digits`` followed by it valid."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def valid(reference: str) -> bool:
    """Tell whether eight digits carry their right check digit."""
    return len(reference) == 8 and reference.isascii() and reference.isdigit() and check_digit(reference) == 0


def parse(text: str) -> str | None:
    """Return the eight digits if ``text`` is one valid reference and nothing else, in any spacing."""
    digits = re.sub(r"[\s.\-–—/]", "", text)
    return digits if valid(digits) else None


def find(text: str) -> str | None:
    """Return the first valid reference that stands anywhere in ``text`` and is not a part of a phone number."""
    found = (digits for match in _NUMBER.finditer(text) for digits in _eights(match.group()))
    return next((digits for digits in found if valid(digits)), None)


def _eights(number: str) -> list[str]:
    """Return what may be a reference in digits that stand together."""
    if number.startswith("+"):
        return []
    digits = re.sub(r"\D", "", number)
    if len(digits) == 8:
        return [digits]
    return [] if _COUNTRY_CODE.match(number) else [re.sub(r"\D", "", one) for one in _BESIDE.findall(number)]


def written(reference: str) -> str:
    """Return a reference as it is shown everywhere: ``4821-7736``."""
    return f"{reference[:4]}-{reference[4:]}"


@dataclass(frozen=True, slots=True)
class References:
    """Makes references and codes with the installation's key; the key is never stored with them."""

    key: bytes

    def reference(self, number: int) -> str:
        """Return the reference of a sequence number; raises ``ValueError`` once all ten million are used."""
        if not 0 <= number < CAPACITY:
            raise ValueError("every reference has been used: the sequence must be widened")
        permuted = self._permute(number)
        while permuted >= CAPACITY:  # cycle walking keeps it a permutation of the smaller range
            permuted = self._permute(permuted)
        digits = f"{permuted:07d}"
        return f"{digits}{check_digit(digits)}"

    def new_code(self) -> str:
        """Return a random code of four digits, to be given to the citizen once."""
        return f"{secrets.randbelow(10_000):04d}"

    def code_hash(self, reference: str, code: str) -> str:
        """Return what is stored of a code. Keyed, since four digits alone would be tried out in a moment."""
        return hmac.new(self.key, f"code:{reference}:{code}".encode(), hashlib.sha256).hexdigest()

    def code_matches(self, reference: str, code: str, stored: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.code_hash(reference, code), stored)

    def _permute(self, number: int) -> int:
        left, right = divmod(number, _HALF)
        for turn in range(_ROUNDS):
            digest = hmac.digest(self.key, b"reference:%d:%d" % (turn, right), "sha256")
            left, right = right, (left + int.from_bytes(digest[:8])) % _HALF
        return left * _HALF + right
