"""By how much a page lies askew, and whether its lines run across or down: the sums of its rows tell.

Where rows run along the lines of a text, their sums change most from one to the next (W. Postl, *Detection of linear
oblique structures and skew scan in digitized documents*, 1986).
"""

from __future__ import annotations

import math
from itertools import pairwise

from PIL import Image

from channels.letters.scans.ink import ink, small

#: pixels of the longer side while an angle is looked for, and then made exact
_COARSE, _FINE = 500, 1000
#: degrees: how far is looked, in which steps, and the step in the end
_FURTHEST, _STEP, _LAST = 12.0, 1.0, 0.1
#: a page is turned only if its rows are so much clearer then
_CLEARER = 1.08
#: degrees below which nothing is gained: Tesseract follows such lines, and turning blurs
_LEAST = 0.25


def leaning(picture: Image.Image) -> float:
    """Return how much clearer the lines of a page run down than across: 1.0 where neither is clearer. Rows do not tell
    whether it is upside down.
    """
    page = ink(small(picture, _COARSE))
    across, down = (_best(one)[0] for one in (page, page.transpose(Image.Transpose.ROTATE_270)))
    # Chance alone makes the sums of few long rows differ less than those of many short ones, by the sides' squares.
    return (down * page.height**2 + 1) / (across * page.width**2 + 1)


def angle(picture: Image.Image) -> float:
    """Return by how many degrees counter-clockwise a page whose lines run across must be turned to lie straight."""
    page = ink(small(picture, _FINE))
    about = _best(page.reduce(2))[1]
    step, best, at = _STEP / 2, clearness(page, about), about
    while step >= _LAST / 2:
        best, at = max((clearness(page, at - step), at - step), (best, at), (clearness(page, at + step), at + step))
        step /= 2
    clearer = best > clearness(page, 0.0) * _CLEARER
    return round(at, 1) if clearer and abs(at) >= _LEAST else 0.0


def _best(page: Image.Image) -> tuple[float, float]:
    steps = int(_FURTHEST / _STEP)
    return max((clearness(page, step * _STEP), step * _STEP) for step in range(-steps, steps + 1))


def clearness(page: Image.Image, degrees: float) -> float:
    """Return how much neighbouring rows of ink differ once the page is turned counter-clockwise by so much."""
    slope = math.tan(math.radians(degrees))
    rise = slope * page.width / 2
    # A shear does for small angles what a turn does, and each row's sum is all that is wanted.
    sheared = page.transform(page.size, Image.Transform.AFFINE, (1, 0, 0, slope, 1, -rise))
    rows = sheared.reduce((page.width, 1)).tobytes()
    return float(sum((one - other) ** 2 for one, other in pairwise(rows)))
