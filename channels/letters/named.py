"""The reference of ours that a letter names. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cases import references
from channels.letters.lines import Line

_YOURS = re.compile(r"\b(?:ref(?:erence)?|case|complaint|petition|file)\b", re.IGNORECASE)
_OTHERS = re.compile(r"\b(?:tel|phone|mobile|fax|cell|box|gps|account|a/c|tin|card|acct)\b|\+", re.IGNORECASE)
#: two fours as we write them, in letters that machines take for digits too
_MISREAD = re.compile(r"(?<![\w-])([\dOoQDIl|SsBZz]{4})\s?[-–—]\s?([\dOoQDIl|SsBZz]{4})(?![\w-])")
_DIGITS = str.maketrans("OoQDIl|SsBZz", "000011155822")


def reference(lines: Sequence[Line]) -> tuple[str, float] | None:
    """Return the reference as it is written everywhere, and how surely it was read: a line that says so comes first,
    and telephone and account numbers are none. Its check digit is right; one in ten numbers has that by chance.
    """
    for line in sorted(lines, key=lambda line: not _YOURS.search(line.text)):
        if _OTHERS.search(line.text) and not _YOURS.search(line.text):
            continue
        if found := references.find(line.text) or _misread(line.text):
            return references.written(found), line.confidence
    return None


def _misread(text: str) -> str | None:
    fours = ((one[1] + one[2]).translate(_DIGITS) for one in _MISREAD.finditer(text))
    return next((digits for digits in fours if references.valid(digits)), None)
