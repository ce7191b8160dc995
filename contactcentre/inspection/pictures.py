"""Pictures, in a bounded process: their size by their header, and a small copy that carries its pixels alone."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, TiffImagePlugin, WebPImagePlugin

from cases.file_limits import DECODED, PIXELS

#: no preview has longer sides, in pixels
SIDE = 320
PREVIEW, PREVIEW_KIND = "preview.jpg", "image/jpeg"
# Our own limits stand for the library's, which would only warn.
Image.MAX_IMAGE_PIXELS = None
# Loaded once, before the process forks for each file; the library itself loads the last two late.
Image.preinit()
_LATE = (TiffImagePlugin, WebPImagePlugin)


def look(source: Path, into: Path, form: str) -> dict[str, Any]:
    """Return ``trouble`` where a picture is too large, and else, if it can be read, the sides of a preview left in
    ``into``. ``form`` is the only format in which it is read.
    """
    warnings.simplefilter("ignore")
    try:
        with Image.open(source, formats=[form]) as picture:
            width, height = picture.size
            if width * height > PIXELS:
                return {"trouble": f"The picture would unpack to {width} times {height} pixels."}
            return _preview(picture, into / PREVIEW) if _fits(picture) else {}
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  cut or broken: whoever opens it sees as much
        return {}


def _fits(picture: Image.Image) -> bool:
    """Tell whether it can be unpacked; an ordinary JPEG is unpacked smaller at once."""
    if picture.format == "JPEG" and not picture.info.get("progressive"):
        picture.draft("RGB", (SIDE * 2, SIDE * 2))
    width, height = picture.size
    # One copy as it is, one with its colours changed, four bytes each at most.
    return width * height * 8 <= DECODED


def _preview(picture: Image.Image, place: Path) -> dict[str, Any]:
    picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    small = ImageOps.exif_transpose(picture)
    coloured = small.convert("RGBA")
    plain = Image.new("RGB", coloured.size, "white")
    plain.paste(coloured, mask=coloured.getchannel("A"))
    plain.save(place, "JPEG", quality=80)
    return {"width": plain.width, "height": plain.height}
