"""Pages of PDFs, drawn. Scripts in them do not run, files in them stay where they are, what a form holds is shown."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from channels.errors import Refused
from channels.letters.scans import limits
from channels.letters.scans.pictures import fitted

_POINTS = 72
#: share of a page that a picture must cover to be its scan
_MOST = 0.8
_LOCKED = "it is locked with a password; ask for it without one, or print and scan it"
_BROKEN = "it is no whole PDF: nothing of it can be opened; ask for it again, or print and scan it"


def opened(source: Path) -> pypdfium2.PdfDocument:
    """Open a PDF; raises :class:`Refused` for one that is locked or broken."""
    try:
        return pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        raise Refused("scan", _LOCKED if "password" in str(error).lower() else _BROKEN) from None


def page(document: pypdfium2.PdfDocument, most: int, number: int) -> tuple[Image.Image, int, str]:
    """Return one page (from 0) drawn in grey with at most so many pixels, its dots per inch, and its own text."""
    one = document[number]
    dpi = _dpi(one)
    scale = dpi / _POINTS * min(1.0, _share(one, dpi, most))
    drawn = one.render(scale=scale, grayscale=True).to_pil()
    picture, dpi = fitted(drawn.convert("L"), max(1, round(scale * _POINTS)), most)
    return picture, dpi, _text(one)


def _share(page: pypdfium2.PdfPage, dpi: int, most: int) -> float:
    """Return how much smaller a page must be drawn to stay within the limits."""
    width, height = (max(1.0, side * dpi / _POINTS) for side in page.get_size())
    return float(min((most / (width * height)) ** 0.5, limits.SIDE / max(width, height)))


def _dpi(page: pypdfium2.PdfPage) -> int:
    """Return at how many dots per inch a page was scanned, where one picture covers it; else what reads best."""
    width, height = page.get_size()
    with suppress(pypdfium2.PdfiumError):
        for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2):
            left, bottom, right, top = one.get_bounds()
            if (right - left) * (top - bottom) >= _MOST * width * height:
                across, down = one.get_px_size()
                own = max(across, down) / max(right - left, top - bottom) * _POINTS
                return int(min(limits.DPI, max(limits.LEAST_DPI, round(own))))
    return limits.DPI


def _text(page: pypdfium2.PdfPage) -> str:
    held = page.get_textpage()
    count = held.count_chars()
    # A NUL is no character for the store.
    return held.get_text_range(0, min(count, limits.TEXT)).replace("\x00", "").strip() if count > 0 else ""
