"""What is ink on a page and what is paper. Pictures are greyscale; ink is white on black in what comes back."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

#: pixels of the longer side at which ink is counted: about 100 dpi for A4, where dust is too small to be dark
_SMALL = 1170
#: outer part of each side that is not looked at, where scanners leave shadows
_EDGE = 0.03
#: a page with a smaller share of ink is blank: about 6 square millimetres on A4, less than two words
_BLANK = 0.0001
#: how much darker than its surroundings ink is, of 255
_DARKER = 28


def small(picture: Image.Image, side: int) -> Image.Image:
    """Return a page at a size whose longer side is at most ``side`` pixels, averaged."""
    factor = -(-max(picture.size) // side)
    reduced = picture.convert("L")
    return reduced.reduce(factor) if factor > 1 else reduced


def blank(picture: Image.Image) -> bool:
    """Tell whether nothing is on a page: light shadows of what stands on the other side, dust and edges apart."""
    page = _within(small(picture, _SMALL))
    dark = ink(page).histogram()[255]
    return dark < page.width * page.height * _BLANK


def ink(page: Image.Image) -> Image.Image:
    """Return where a small page is darker than what surrounds it, so that shadows and dark desks are no ink."""
    around = page.filter(ImageFilter.BoxBlur(max(page.size) / 60))
    return ImageChops.subtract(around, page).point(_IS_INK)


def _within(page: Image.Image) -> Image.Image:
    across, down = int(page.width * _EDGE), int(page.height * _EDGE)
    return page.crop((across, down, page.width - across, page.height - down))


_IS_INK = [255 if darker > _DARKER else 0 for darker in range(256)]
