"""QR codes on a page, whichever way up and however askew it lies."""

from __future__ import annotations

import zxingcpp
from PIL import Image

_KIND = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
#: codes of one page, and letters of one, that are told of
MOST, LONGEST = 20, 500


def read(picture: Image.Image) -> list[str]:
    """Return what the QR codes of a page say, each once, as they stand in them."""
    plain = zxingcpp.TextMode.Plain
    found = zxingcpp.read_barcodes(picture.convert("L"), formats=_KIND, text_mode=plain)
    texts = (one.text for one in found if one.valid and 0 < len(one.text) <= LONGEST and "\x00" not in one.text)
    return list(dict.fromkeys(texts))[:MOST]
