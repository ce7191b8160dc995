"""A page as a PDF that shows its picture and can be searched: the words lie over it, invisible.

Written out here and not by a library: it is five objects, and a library packs the picture anew, which takes longer than
all else. The font is Courier, all letters of which are as wide, so that no table of widths is needed (PDF 32000-1:2008,
9.6.2.2 and annex D.2).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from channels.letters.scans.reading import Word

_POINTS = 72
#: of a letter of Courier, in its size; and the share of a word's height that stands above its line
_WIDE, _ABOVE = 0.6, 0.8
_HEAD = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
_ESCAPED = str.maketrans({"\\": "\\\\", "(": "\\(", ")": "\\)"})


def shown(page: Image.Image) -> tuple[bytes, str]:
    """Return a page as agents see it, and the end of its file's name: bilevel as PNG, grey as JPEG."""
    written = io.BytesIO()
    if page.mode == "1":
        page.save(written, "PNG")
        return written.getvalue(), "png"
    page.convert("L").save(written, "JPEG", quality=75)
    return written.getvalue(), "jpg"


def write(place: Path, page: Image.Image, jpeg: bytes, dpi: int, words: Sequence[Word]) -> None:
    """Write the PDF of one page, always the same for the same page. ``jpeg`` is its picture, unless it is bilevel; the
    words' boxes are in its pixels.
    """
    scale = _POINTS / dpi
    width, height = page.width * scale, page.height * scale
    text = "\n".join(_texts(words, scale, height)).encode("cp1252", "replace")
    content = b"q %.2f 0 0 %.2f 0 0 cm /P Do Q\nBT 3 Tr\n%s\nET" % (width, height, text)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Contents 4 0 R"
        b"/Resources<</XObject<</P 5 0 R>>/Font<</F 6 0 R>>>>>>" % (width, height),
        _stream(b"/Filter/FlateDecode", zlib.compress(content)),
        _picture(page, jpeg),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>",
    )
    place.write_bytes(_document(objects))


def _texts(words: Sequence[Word], scale: float, height: float) -> Iterator[str]:
    """Give what puts each word on its place, as wide and as high as it is there."""
    for word in words:
        tall = max(1.0, word.height * scale)
        across = max(1.0, min(1000.0, 100 * word.width * scale / (len(word.text) * _WIDE * tall)))
        left, line = word.left * scale, height - (word.top + word.height * _ABOVE) * scale
        text = word.text.translate(_ESCAPED)
        yield f"/F {tall:.2f} Tf {across:.2f} Tz 1 0 0 1 {left:.2f} {line:.2f} Tm ({text} ) Tj"


def _picture(page: Image.Image, jpeg: bytes) -> bytes:
    told = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray" % page.size
    if page.mode == "1":
        return _stream(told + b"/BitsPerComponent 1/Filter/FlateDecode", zlib.compress(page.tobytes()))
    return _stream(told + b"/BitsPerComponent 8/Filter/DCTDecode", jpeg)


def _stream(told: bytes, content: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (told, len(content), content)


def _document(objects: Sequence[bytes]) -> bytes:
    made, places = bytearray(_HEAD), []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    begins, size = len(made), len(objects) + 1
    made += b"xref\n0 %d\n0000000000 65535 f \n" % size
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(made + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, begins))
