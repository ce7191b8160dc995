"""The typeface of letters, embedded in each PDF, and how a text is written where it lacks a character.

Imports of the drawing library stand inside functions: only who draws loads it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "letter-plain", "letter-bold"
_PACKAGE = "font_source_sans_pro"
_FILES = {PLAIN: "files/SourceSansPro-Regular.ttf", BOLD: "files/SourceSansPro-Semibold.ttf"}
#: letters of Ghanaian languages that the typeface lacks: the nearest that it has
_NEAREST = {
    "Ɛ": "ɛ",
    "Ɔ": "ɔ",
    "Ŋ": "ŋ",
    "Ƙ": "K",
    "ƙ": "k",
    "Ƴ": "Y",
    "ƴ": "y",
    "Ɓ": "B",
    "ɓ": "b",
    "Ɗ": "D",
    "ɗ": "d",
}
_UNKNOWN = "?"
#: what has no shape of its own, but for the end of a line; marks of direction would turn a line round
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")


@cache
def load() -> None:
    """Make both weights known to the drawing library."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(_folder() / file)))


def width(text: str, font: str, size: float) -> float:
    """Return how wide a line is, in points."""
    from reportlab.pdfbase import pdfmetrics

    load()
    return float(pdfmetrics.stringWidth(text, font, size))


def drawable(text: str) -> str:
    """Return a text of characters that the typeface has: a missing one as the nearest, one without any as ``?``."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "))
    known = _characters()
    return "".join(one if one == "\n" else _drawable(one, known) for one in _UNSEEN.sub("", composed))


def _drawable(character: str, known: Collection[int]) -> str:
    if ord(character) in known:
        return character
    if character in _NEAREST:
        return _NEAREST[character]
    if unicodedata.combining(character):
        return ""
    plain = unicodedata.normalize("NFKD", character)
    return "".join(one for one in plain if ord(one) in known) or _UNKNOWN


@cache
def _characters() -> Collection[int]:
    from reportlab.pdfbase import pdfmetrics

    load()
    faces: list[TTFont] = [pdfmetrics.getFont(name) for name in _FILES]
    found: list[Any] = [face.face.charToGlyph.keys() for face in faces]
    return frozenset(found[0]).intersection(*found[1:])


def _folder() -> Path:
    # find_spec instead of an import: the package's own code is not needed.
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the package {_PACKAGE} is not installed; install with the constraints file")
    return Path(spec.submodule_search_locations[0])
