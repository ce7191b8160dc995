"""How many SMS a text is: GSM-7 with its extension table, or UCS-2 (3GPP TS 23.038 and 23.040).

Counted by packing, not by dividing: an escape pair or a surrogate pair is never split over two parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
_BASIC, _EXTENSION = frozenset(BASIC), frozenset(EXTENSION)
#: what a gateway joins into one message at most
MOST_PARTS = 10


@dataclass(frozen=True, slots=True)
class Segments:
    """``units`` are septets or UTF-16 code units; ``left`` fit into the last part; ``culprits`` force UCS-2,
    in order.
    """

    encoding: str
    units: int
    parts: int
    left: int
    culprits: tuple[str, ...] = ()


def count(text: str) -> Segments:
    """Count the parts of a text as it would be sent."""
    culprits = tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))
    if culprits:
        return _pack(text, _utf16, encoding="ucs2", single=70, each=67, culprits=culprits)
    return _pack(text, _septets, encoding="gsm7", single=160, each=153)


def transliterated(text: str) -> str:
    """Return the text with look-alikes that fit GSM-7. It changes words, so it is offered, never done silently."""
    return "".join(_PLAIN.get(c, c) for c in text.replace("GH₵", "₵"))


def _pack(
    text: str, width: Callable[[str], int], *, encoding: str, single: int, each: int, culprits: tuple[str, ...] = ()
) -> Segments:
    widths = [width(c) for c in text]
    units = sum(widths)
    if units <= single:
        return Segments(encoding, units, 1 if text else 0, single - units, culprits)
    parts, used = 1, 0
    for one in widths:
        if used + one > each:
            parts, used = parts + 1, 0
        used += one
    return Segments(encoding, units, parts, each - used, culprits)


def _septets(character: str) -> int:
    return 2 if character in _EXTENSION else 1


def _utf16(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


_PLAIN = {
    "ɛ": "e", "Ɛ": "E", "ɔ": "o", "Ɔ": "O", "ŋ": "ng", "Ŋ": "Ng", "ɖ": "d", "Ɖ": "D", "ƒ": "f", "Ƒ": "F",
    "ɣ": "g", "Ɣ": "G", "ʋ": "v", "Ʋ": "V", "ʒ": "z", "Ʒ": "Z", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D",
    "ƙ": "k", "Ƙ": "K", "ƴ": "y", "Ƴ": "Y", "ã": "a", "ẽ": "e", "ĩ": "i", "õ": "o", "ũ": "u",
    "₵": "GHS", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "•": "*",
    "`": "'", "\t": " ", "\u00a0": " ", "\u202f": " ",
}  # fmt: skip
