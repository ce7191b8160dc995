"""Pages of TIFF, JPEG and PNG as greyscale or bilevel pictures that stand as their makers say."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from channels.errors import Refused
from channels.letters.scans import limits

# Our own limits stand for the library's, which would only warn.
Image.MAX_IMAGE_PIXELS = None
# Loaded once, before the process forks for each file; the library itself loads the rest late.
Image.preinit()
_LATE = (JpegImagePlugin, PngImagePlugin, TiffImagePlugin)
#: bytes of a pixel in memory: Pillow keeps three colours in four bytes
_BYTES = {"1": 1, "L": 1, "P": 1, "LA": 4, "I;16": 2, "I;16B": 2, "I;16L": 2}
_WITH_HOLES = ("LA", "PA", "La", "RGBA", "RGBa")
_ANSWER = "scan it again at 200 or 300 dots per inch"


def count(source: Path, kind: str) -> int:
    """Return how many pages there are, none of them unpacked; at most one more than are read."""
    with source.open("rb") as stream, Image.open(stream, formats=[kind]) as picture:
        if kind != "TIFF":
            return 1
        pages = 0
        try:
            while pages <= limits.PAGES:
                picture.seek(pages)
                pages += 1
        except EOFError:
            pass
        return pages


def page(source: Path, kind: str, most: int, number: int) -> tuple[Image.Image, int, str]:
    """Return one page (from 0) with at most so many pixels, its dots per inch, and no text; raises :class:`Refused`
    where it is too large to be unpacked, and whatever the library raises where it is broken.
    """
    # By its stream: of a TIFF that it opens by name, the library maps plain pixels with the sides after the turn that
    # the camera asks for, and mixes up the rows.
    with source.open("rb") as stream, Image.open(stream, formats=[kind]) as picture:
        if number:
            picture.seek(number)
        _within_memory(picture)
        dpi = _dpi(picture)
        picture.load()
        return (*fitted(plain(ImageOps.exif_transpose(picture)), dpi, most), "")


def fitted(picture: Image.Image, dpi: int, most: int) -> tuple[Image.Image, int]:
    """Return a picture made smaller where it has more pixels than these, and what its dots per inch are then."""
    share = min(1.0, (most / (picture.width * picture.height)) ** 0.5, limits.SIDE / max(picture.size))
    if share == 1.0:
        return picture, dpi
    size = max(1, int(picture.width * share)), max(1, int(picture.height * share))
    return picture.convert("L").resize(size, Image.Resampling.BOX, reducing_gap=2.0), max(1, round(dpi * share))


def plain(picture: Image.Image) -> Image.Image:
    """Return a picture in greyscale, or bilevel as it was; what shows through it is white paper."""
    if picture.mode in ("1", "L"):
        return picture
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in _WITH_HOLES or "transparency" in picture.info:
        coloured = picture.convert("RGBA")
        paper = Image.new("L", coloured.size, 255)
        paper.paste(coloured.convert("L"), mask=coloured.getchannel("A"))
        return paper
    return picture.convert("L")


def _within_memory(picture: Image.Image) -> None:
    if picture.format == "JPEG":  # unpacks greyscale, and smaller, at once; a progressive one needs its parts first
        picture.draft("L", _draft(picture.size))
    width, height = picture.size
    if width * height * (_BYTES.get(picture.mode, 4) + 1) > limits.UNPACKED:
        raise Refused("scan", f"a page would unpack to {width} times {height} pixels; {_ANSWER}")


def _draft(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size below which a JPEG is not to be unpacked: the library halves it while it stays above."""
    share = min(1.0, (limits.PIXELS / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * share)), max(1, int(size[1] * share))


def _dpi(picture: Image.Image) -> int:
    """Return what the file says, or else what it would be if the longer side were A4's."""
    told = picture.info.get("dpi") or (0, 0)
    try:
        dpi = round(float(max(told)))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        dpi = 0
    return dpi if 70 < dpi <= 2400 else max(70, min(600, round(max(picture.size) / 11.7)))
