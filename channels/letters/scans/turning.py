"""Which way up a page lies: a few of its lines are read each way, and words come out of one of them.

A page of print gives words upright and next to none in any other way, so that a sixth of it tells, for a sixth of what
reading it costs. Tesseract's own answer (its data ``osd``) costs as much as reading the whole page once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image

from channels.letters.scans import reading
from channels.letters.scans.cleaning import turned
from channels.letters.scans.ink import ink, small

#: pixels of the longer side at which lines are looked for, and which part of the page is read
_SMALL, _PART = 500, 6
#: another way is better if so many times as many letters, and so many more, were surely read
_CLEARLY, _LETTERS = 1.5, 5


def upright(page: Image.Image, dpi: int, quarters: Sequence[int]) -> int:
    """Return by how many degrees clockwise, of those given, a page must be turned to be read; the first where no other
    is clearly better.
    """
    read = {quarter: _sure(page, dpi, quarter) for quarter in quarters}
    best = max(quarters, key=lambda quarter: read[quarter])
    return best if read[best] > _CLEARLY * read[quarters[0]] + _LETTERS else quarters[0]


def _sure(page: Image.Image, dpi: int, quarter: int) -> int:
    # What is cut out runs along the lines of the page as it would lie then.
    lying = turned(page, quarter % 180)
    strip = turned(lying.crop(_strip(lying)), quarter - quarter % 180)
    return reading.read(strip, dpi).sure


def _strip(page: Image.Image) -> tuple[int, int, int, int]:
    """Return the part of a page, across its whole width, in which rows change most: there its lines are."""
    looked = ink(small(page, _SMALL))
    rows = looked.reduce((looked.width, 1)).tobytes()
    changes = [(one - other) ** 2 for one, other in pairwise(rows)]
    part = max(1, len(rows) // _PART)
    begins = max(range(0, max(1, len(rows) - part), max(1, part // 2)), key=lambda at: sum(changes[at : at + part]))
    scale = page.height / len(rows)
    return 0, int(begins * scale), page.width, max(int(begins * scale) + 1, int((begins + part) * scale))
