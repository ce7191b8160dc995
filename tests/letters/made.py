"""Pages and files that are made here: letters of invented people, codes, and files that hurt who reads them."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Sequence

import segno
from PIL import Image, ImageDraw, ImageFont

from tests.unit.hostile_files import png

WORDS = (
    "P.O. Box TD 123",
    "Takoradi",
    "24th November 2026",
    "The Chief Executive",
    "Dear Sir,",
    "RE: BROKEN STREET LIGHT AT THE JUNCTION",
    "I write again about the lamp near our house, your reference 4821-7739,",
    "which has been dark since the rains of last month. Children walk there",
    "after evening classes, and two people have fallen into the open drain.",
    "Kindly send somebody to repair it before the end of the year.",
    "Yours faithfully,",
    "(Ama Serwaa Mensah)",
)


def sheet(words: Sequence[str] = WORDS, *, code: str = "", dpi: int = 100, specks: float = 0.0) -> Image.Image:
    """An A4 page with these lines, a code at its foot, and so large a share of its pixels dark by dirt."""
    page = Image.new("L", (round(8.27 * dpi), round(11.69 * dpi)), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=dpi * 0.17)
    for row, line in enumerate(words):
        draw.text((dpi, dpi * (1 + 0.3 * row)), line, font=font, fill=0)
    if code:
        square = io.BytesIO()
        segno.make(code, error="h", micro=False).save(square, kind="png", scale=max(1, dpi // 25), border=4)
        with Image.open(square) as drawn:
            page.paste(drawn.convert("L"), (dpi, round(dpi * 8)))
    chance = random.Random(1)
    for _ in range(int(page.width * page.height * specks)):
        page.putpixel((chance.randrange(page.width), chance.randrange(page.height)), 0)
    return page


def saved(pages: Sequence[Image.Image], form: str, dpi: int = 100) -> bytes:
    """Pages as one PDF or TIFF, or the first as a JPEG or PNG."""
    written = io.BytesIO()
    more = {"save_all": True, "append_images": list(pages[1:])} if form in ("PDF", "TIFF") else {}
    where = {"resolution": dpi} if form == "PDF" else {"dpi": (dpi, dpi)}
    pages[0].save(written, form, **where, **more)
    return written.getvalue()


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first its catalogue."""
    made, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


def drawn(content: bytes, *, catalogue: bytes = b"", page: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A PDF of one page of A4 with this content; further objects begin with the sixth."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>%s>>>>" % page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


HELLO = b"BT /F1 24 Tf 72 700 Td (Hello from a letter) Tj ET"


def many_pages(count: int) -> bytes:
    """A PDF that has one empty page so many times."""
    kids = b" ".join([b"3 0 R"] * count)
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )


def circular() -> bytes:
    """A PDF whose table of objects sends to itself, and whose pages are their own children."""
    made = pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>")
    at = made.rindex(b"xref\n0")
    return made.replace(b"/Size", b"/Prev %d/Size" % at)


def locked() -> bytes:
    """A PDF that opens with a password that nobody has told."""
    held = b"<</Filter/Standard/V 1/R 2/P -44/Length 40/O<%s>/U<%s>>>" % (b"41" * 32, b"42" * 32)
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>", held]
    return pdf(*objects, trailer=b"/Encrypt 3 0 R/ID[<41><41>]")


def busy() -> bytes:
    """A page that draws for ever: forms that draw forms, ten times each, thirty deep."""
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]%s/Length %d>>stream\n%s\nendstream"
    within = b"/Resources<</XObject<</A %d 0 R>>>>"
    forms = [form % (within % (7 + depth), 60, (b"/A Do " * 10)) for depth in range(30)]
    last = form % (b"", 14, b"0 0 500 500 re f"[:14])
    return drawn(b"/A Do", page=b"/XObject<</A 6 0 R>>", more=[*forms, last])


def bloated() -> bytes:
    """A page whose picture says that it has 60,000 times 60,000 pixels."""
    held = b"<</Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceRGB/Length 1>>"
    return drawn(b"q 595 0 0 842 0 0 cm /A Do Q", page=b"/XObject<</A 6 0 R>>", more=[held + b"stream\nx\nendstream"])


def tiff(width: int, height: int) -> bytes:
    """A TIFF whose header says so, with nearly nothing in it."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    tags += [(278, 4, height), (279, 4, 4)]
    lines = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\x00" + struct.pack("<I", 12) + b"data" + struct.pack("<H", len(tags)) + lines + bytes(4)


def endless_tiff() -> bytes:
    """A TIFF whose first page says that it is followed by itself."""
    made = bytearray(tiff(8, 8))
    made[-4:] = struct.pack("<I", 12)
    return bytes(made)


def leading_out(port: int = 9, path: str = "/etc/passwd") -> bytes:
    """A page that on being shown would run a script, fetch an address of this machine and open a file, and whose words
    are said to stand in another file; a program is in it.
    """
    address = b"http://127.0.0.1:%d/" % port
    script = b"<</S/JavaScript/JS(app.launchURL\\('%s'\\);)>>" % address
    opening = b"/OpenAction%s/Names<</JavaScript<</Names[(a)%s]>>/EmbeddedFiles<</Names[(a)6 0 R]>>>>" % (
        script,
        script,
    )
    held = b"<</Type/Filespec/F(a.exe)/EF<</F 7 0 R>>>>", b"<</Type/EmbeddedFile/Length 2>>stream\nMZ\nendstream"
    made = drawn(HELLO, catalogue=opening, page=b"/AA<</O<</S/URI/URI(%s)>>>>" % address, more=held)
    return made.replace(b"<</Length %d>>" % len(HELLO), b"<</Length %d/F(%s)>>" % (len(HELLO), path.encode()))


#: what it is, how it is made, and a word of why it is refused
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (bytes, "empty"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0\n(x) run\n", "PostScript"),
    "HEIC": (lambda: b"\x00\x00\x00\x18ftypheic" + bytes(32), "HEIC"),
    "an archive": (lambda: b"PK\x03\x04" + bytes(64), "no scan"),
    "half a PDF": (lambda: b"%PDF-1.7\n1 0 obj\n<<", "no whole PDF"),
    "a PDF that goes round": (circular, ""),
    "a locked PDF": (locked, "password"),
    "a PDF without pages": (lambda: many_pages(0), ""),
    "10,000 pages": (lambda: many_pages(10_000), "more than 60 pages"),
    "a PNG of 65,000 times 65,000": (lambda: png(65_000, 65_000), "65000 times 65000"),
    "a TIFF of 65,000 times 65,000": (lambda: tiff(65_000, 65_000), "65000 times 65000"),
    "a TIFF without its pixels": (lambda: tiff(3000, 3000), "no page"),
    "half a JPEG": (lambda: saved([sheet()], "JPEG")[:2000], "no page"),
}
#: what is read all the same
READ: dict[str, Callable[[], bytes]] = {
    "a script and a file within": leading_out,
    "a picture that is a lie": bloated,
    "a TIFF that follows itself": endless_tiff,
}
