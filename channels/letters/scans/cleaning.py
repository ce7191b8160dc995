"""Makes a page fit to be read: turned, straight, of a size that reads well, and without specks where it has some."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

from channels.letters.scans.ink import ink

#: the library turns counter-clockwise; we count clockwise
_QUARTERS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
#: pixels of a side of the piece from the middle of a page in which specks are counted
_PIECE = 1200
#: a page is specked if so large a share of its ink stands in single pixels; print has next to none
_SPECKED = 0.04
#: pixels of the longer side below which letters of ordinary print are too small: A4 at 150 dpi
_TINY = 1400


def turned(picture: Image.Image, quarter: int) -> Image.Image:
    """Return a page turned clockwise by 0, 90, 180 or 270 degrees, without loss."""
    return picture.transpose(_QUARTERS[quarter]) if quarter else picture


def straight(picture: Image.Image, angle: float) -> Image.Image:
    """Return a page turned counter-clockwise by some degrees, nothing cut off, in grey."""
    if not angle:
        return picture
    return picture.convert("L").rotate(angle, Image.Resampling.BILINEAR, expand=True, fillcolor=255)


def specked(picture: Image.Image) -> bool:
    """Tell whether a page has so many single dark pixels that letters suffer from them."""
    across, down = (max(0, (side - _PIECE) // 2) for side in picture.size)
    piece = picture.crop((across, down, picture.width - across, picture.height - down)).convert("L")
    dark = ink(piece)
    # A dark pixel whose eight neighbours are light makes a ninth of white in the mean of nine.
    alone = ImageChops.multiply(dark, dark.filter(ImageFilter.BoxBlur(1)).point(_IS_ALONE))
    return alone.histogram()[255] > _SPECKED * max(1, dark.histogram()[255])


def despeckled(picture: Image.Image) -> Image.Image:
    """Return a page of which each pixel is the middle one of its nine."""
    return picture.convert("L").filter(ImageFilter.MedianFilter(3))


_IS_ALONE = [255 if 0 < mean < 2 * 255 // 9 else 0 for mean in range(256)]


def fit(page: Image.Image) -> tuple[Image.Image, float]:
    """Return a page as it reads best, and how much larger that is."""
    return (despeckled(page) if specked(page) else page), 1.0
