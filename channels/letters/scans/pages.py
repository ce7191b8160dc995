"""The pages of one scan: a picture of each, its codes, whether it is blank, and the text that it holds itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from channels.errors import Refused
from channels.letters.scans import documents, ink, kinds, limits, pictures, squares
from channels.letters.scans.alone import alone

#: one page (from 0): its picture, its dots per inch, its own text
Page = Callable[[int], tuple[Image.Image, int, str]]
_NONE = "no page of it can be read; scan the paper again, or key the letter from it"
_LONG = "its pages take too long to read; scan them again at 200 or 300 dots per inch, in smaller batches"


def read(source: Path, into: Path) -> dict[str, Any]:
    """Write a picture of each page into the folder; raises :class:`Refused` where the scan cannot be used at all."""
    with source.open("rb") as stream:
        kind = kinds.kind_of(stream.read(kinds.SNIFFED))
    count, page = _opened(source, kind)
    if count > limits.PAGES:
        raise Refused("scan", f"it has more than {limits.PAGES} pages; send it in smaller batches")
    if not count:
        raise Refused("scan", "it has no pages; scan the paper again")
    found = _each(count, page, into)
    notes = [f"Page {number} cannot be read." for number, one in enumerate(found, 1) if one.get("broken")]
    if len(notes) == count:
        raise Refused("scan", str(found[0].get("why") or _NONE))
    return {"pages": found, "notes": notes}


def _opened(source: Path, kind: str) -> tuple[int, Page]:
    """Return how many pages there are, and what reads one."""
    if kind == kinds.PDF:
        document = documents.opened(source)
        return len(document), partial(documents.page, document, _most(len(document)))
    try:
        count = pictures.count(source, kind)
    except (OSError, SyntaxError, ValueError):
        raise Refused("scan", _NONE) from None
    return count, partial(pictures.page, source, kind, _most(count))


def _most(count: int) -> int:
    return limits.PIXELS if count <= limits.MANY else limits.PIXELS_OF_MANY


def _each(count: int, page: Page, into: Path) -> list[dict[str, Any]]:
    began, found = time.monotonic(), []
    for number in range(count):
        left = limits.SCAN_SECONDS - (time.monotonic() - began)
        if left < 1:
            raise Refused("scan", _LONG)
        seconds = min(limits.PAGE_SECONDS, int(left) + 1)
        one = alone(partial(_one, page, number, into), into, seconds=seconds)
        found.append(one or {"broken": True})
    return found


def _one(page: Page, number: int, into: Path) -> dict[str, Any]:
    try:
        picture, dpi, text = page(number)
    except Refused as error:
        return {"broken": True, "why": str(error).removeprefix("scan: ")}
    _write(picture, into / f"{number + 1:05d}-page", dpi)
    return {
        "width": picture.width,
        "height": picture.height,
        "dpi": dpi,
        "codes": squares.read(picture),
        "blank": ink.blank(picture),
        "text": text,
    }


def _write(picture: Image.Image, place: Path, dpi: int) -> None:
    """Grey pages as JPEG: a PNG of one takes ten times as long and five times the space, and reads no better."""
    if picture.mode == "1":
        picture.save(place.with_suffix(".png"), compress_level=1, dpi=(dpi, dpi))
    else:
        picture.save(place.with_suffix(".jpg"), quality=92, dpi=(dpi, dpi))
