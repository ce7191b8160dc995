"""A QR code as black squares on a page of a PDF."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

#: squares that stay white around a code (ISO/IEC 18004, 9.1)
QUIET = 4


def draw(canvas: Canvas, payload: str, *, left: float, bottom: float, side: float, error: str) -> None:
    """Draw a code with its quiet zone into a square, in points; ``error`` is its level of correction, L, M, Q or H."""
    rows = [list(row) for row in segno.make_qr(payload, error=error).matrix]
    step = side / (len(rows) + 2 * QUIET)
    canvas.setFillGray(0)
    for number, row in enumerate(rows, start=1):
        place, y = 0, bottom + side - (QUIET + number) * step
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                canvas.rect(left + (QUIET + place) * step, y, length * step, step, stroke=0, fill=1)
            place += length
