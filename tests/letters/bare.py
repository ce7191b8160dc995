"""Bare Tesseract: a page as it came, given to the same engine with the same data, and nothing done to it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import tesserocr
from PIL import Image

from channels.letters.scans import reading


@cache
def _engine() -> tesserocr.PyTessBaseAPI:
    return tesserocr.PyTessBaseAPI(path=str(reading.DATA), lang="eng", psm=tesserocr.PSM.AUTO)


def read(place: Path) -> str:
    """Return the text of a picture's first page."""
    with Image.open(place) as picture:
        _engine().SetImage(picture)
        return str(_engine().GetUTF8Text())
