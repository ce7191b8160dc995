"""Makes a page fit to be read: turned, straight, of a size that reads well, and without specks where it has some."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter, ImageStat

from channels.letters.scans.ink import ink, small

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
#: print is pale if its ink is, on average, not darker than this share of its paper
_PALE = 0.55


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


def pale(page: Image.Image) -> bool:
    """Tell whether ink is so light that one threshold for the whole page, as Tesseract takes it, may lose it."""
    looked = small(page, _PIECE)
    return ImageStat.Stat(looked, ink(looked)).mean[0] > _PALE * ImageStat.Stat(looked).mean[0]


def levelled(page: Image.Image) -> Image.Image:
    """Return a page whose paper is white everywhere and whose ink is black, however light it was."""
    grey = page.convert("L")
    around = grey.filter(ImageFilter.BoxBlur(max(page.size) / 60))
    return ImageChops.subtract(around, grey).point(_IS_DARK)


def fit(page: Image.Image) -> Image.Image:
    """Return a page as it is read first: as it is, or without its specks."""
    return despeckled(page) if specked(page) else page


_IS_ALONE = [255 if 0 < mean < 2 * 255 // 9 else 0 for mean in range(256)]
#: by how much darker than its paper: four times as much
_IS_DARK = [max(0, 255 - 4 * lighter) for lighter in range(256)]
