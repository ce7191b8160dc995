"""Cover sheets as a PDF: one page each, laid before each letter of a pile that is scanned at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels.letters import squares
from channels.letters.drawing import MM, WIDTH, begin, text
from channels.letters.fonts import BOLD, PLAIN, width

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

#: side of the code, with what stays white around it: far above the 3 cm that scanners read for certain
SIDE = 80 * MM
WORDS = (
    "A new letter begins behind this sheet.",
    "Lay one before each letter and scan the whole pile at once, either way up.",
    "Take it out afterwards and use it again.",
)


@dataclass(frozen=True, slots=True)
class CoverSheet:
    """One sheet: its number, and what its code says."""

    number: int
    code: str


def draw(sheets: Sequence[CoverSheet], *, organisation: str) -> bytes:
    """Return a page for each sheet."""
    canvas, buffer = begin("Cover sheets", organisation)
    for sheet in sheets:
        _centred(canvas, organisation, 30, 12, PLAIN)
        _centred(canvas, "COVER SHEET", 48, 30, BOLD)
        squares.draw(canvas, sheet.code, left=(WIDTH - SIDE) / 2, bottom=120 * MM, side=SIDE, error="h")
        _centred(canvas, f"No. {sheet.number}", 184, 14, PLAIN)
        for number, line in enumerate(WORDS):
            _centred(canvas, line, 204 + number * 7, 11, BOLD if number == 0 else PLAIN)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _centred(canvas: Canvas, words: str, top: float, size: float, font: str) -> None:
    text(canvas, words, ((WIDTH - width(words, font, size)) / 2, top * MM), size, font)
