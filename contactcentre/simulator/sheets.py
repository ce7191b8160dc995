"""Draws pages as a scanner would see them: typed words, cover sheets, upside down or at a slant. Pixels alone."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

#: A4 at 200 dots per inch, and its parts in pixels
DPI, WIDTH, HEIGHT, MARGIN = 200, 1654, 2339, 190
_SIZE, _LINE, _CODE = 38, 54, 560
#: letters of a line, and lines of a page
_COLUMNS, _ROWS = 68, 36


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of a sheet. ``code`` is what its QR code says, ``title`` stands in large letters; ``turned`` degrees
    clockwise in quarters and ``slant`` degrees are how it went through the scanner.
    """

    lines: tuple[str, ...] = ()
    code: str = ""
    title: str = ""
    turned: int = 0
    slant: float = 0.0


def typed(text: str) -> list[Sheet]:
    """Return what somebody typed as sheets; a form feed begins a new one."""
    return [Sheet(tuple(lines)) for part in text.split("\f") for lines in _pages(part)]


def cover(code: str, number: int) -> Sheet:
    """Return a cover sheet, as the desk prints them."""
    return Sheet((f"No. {number}", "A new letter begins behind this sheet."), code, "COVER SHEET")


def lying(sheets: Sequence[Sheet], *, turned: int, slant: float) -> list[Sheet]:
    """Return sheets as they went through the scanner: all alike."""
    return [replace(one, turned=turned, slant=slant) for one in sheets]


def as_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return a scan: one picture a page, as devices make it."""
    pictures, made = [drawn(one) for one in sheets], io.BytesIO()
    pictures[0].save(made, "PDF", resolution=DPI, save_all=True, append_images=pictures[1:])
    return made.getvalue()


def as_tiff(sheets: Sequence[Sheet]) -> bytes:
    """Return a scan in black and white (CCITT G4)."""
    pictures, made = [drawn(one).convert("1") for one in sheets], io.BytesIO()
    pictures[0].save(made, "TIFF", compression="group4", dpi=(DPI, DPI), save_all=True, append_images=pictures[1:])
    return made.getvalue()


def drawn(sheet: Sheet) -> Image:
    """Return one side of a sheet as grey pixels."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (WIDTH, HEIGHT), 255)
    pen, top = ImageDraw.Draw(page), MARGIN
    if sheet.title:
        pen.text((MARGIN, top), sheet.title, font=_font(2 * _SIZE), fill=0)
        top += 3 * _LINE
    if sheet.code:
        page.paste(_squares(sheet.code), ((WIDTH - _CODE) // 2, top))
        top += _CODE + _LINE
    for number, line in enumerate(sheet.lines):
        pen.text((MARGIN, top + number * _LINE), line, font=_font(_SIZE), fill=0)
    if sheet.slant:
        page = page.rotate(sheet.slant, Image.Resampling.BICUBIC, fillcolor=255)
    return page.rotate(-sheet.turned, expand=True) if sheet.turned else page


def _squares(code: str) -> Image:
    import segno
    from PIL import Image

    made = segno.make(code, error="h", micro=False)
    cells = [[0 if dark else 255 for dark in row] for row in made.matrix_iter(border=4)]
    plain = Image.new("L", (len(cells), len(cells)))
    plain.putdata([cell for row in cells for cell in row])
    return plain.resize((_CODE, _CODE), Image.Resampling.NEAREST)


def _font(size: int) -> FreeTypeFont:
    from font_source_sans_pro import SourceSansPro
    from PIL import ImageFont

    return ImageFont.truetype(SourceSansPro, size)


def _pages(text: str) -> list[list[str]]:
    lines = [row for line in text.splitlines() for row in textwrap.wrap(line, _COLUMNS) or [""]] or [""]
    return [lines[at : at + _ROWS] for at in range(0, len(lines), _ROWS)]
