"""One letter of ours as a PDF: nothing is fetched for it, and its words are drawn as the characters that they are.

The places are those of DIN 5008, form B: the address stands where a window envelope (DIN 680, for DL) shows it, 20 mm
from the left and 45 mm from the top, and the sheet is folded at 105 and 210 mm.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from channels.letters import fonts, squares
from channels.letters.fonts import BOLD, PLAIN
from channels.letters.wrapping import wrap

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MM = 72 / 25.4
WIDTH, HEIGHT = 210 * MM, 297 * MM
LEFT, RIGHT = 25 * MM, 190 * MM
#: from the top: where the words of a first and of another page begin, and where they end
_BEGIN, _BEGIN_AGAIN = 103 * MM, 32 * MM
_END, _END_AGAIN = 246 * MM, 272 * MM
_SIZE, _LEADING = 11.0, 5.15 * MM
_SMALL = 8.5
#: side of the code on a reply sheet, with what stays white around it
_CODE = 34 * MM
_ADDRESS_WIDTH, _ADDRESS_LINES = 78 * MM, 6
#: lines that must stand together with a signature, so that it is on no page alone
_WITH_SIGNATURE = 2
_SIGNING = 18 * MM


@dataclass(frozen=True, slots=True)
class Said:
    """What stands on a letter beside its own words, in the language that its citizen reads."""

    send_back: str
    #: with ``{page}`` and ``{pages}``
    page: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be drawn. ``head`` begins with the organisation's name; ``facts`` are (what, value) pairs such as the
    date; ``code`` is what its QR code says, empty for none.
    """

    head: tuple[str, ...]
    department: str
    recipient: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    subject: str
    text: str
    signature: tuple[str, ...]
    said: Said
    code: str = ""
    title: str = field(default="")


def draw(letter: Letter) -> bytes:
    """Return the PDF; the same letter gives the same bytes."""
    canvas, buffer = begin(letter.title, letter.head[0] if letter.head else "")
    pages = _pages(letter)
    for number, lines in enumerate(pages, start=1):
        if number == 1:
            _first(canvas, letter)
        else:
            _again(canvas, letter)
        _words(canvas, lines, _BEGIN if number == 1 else _BEGIN_AGAIN)
        if number == len(pages):
            _signature(canvas, letter, len(lines), _BEGIN if number == 1 else _BEGIN_AGAIN)
        words = letter.said.page.replace("{page}", str(number)).replace("{pages}", str(len(pages)))
        _right(canvas, words, 287 * MM, _SMALL)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def begin(title: str, author: str) -> tuple[Canvas, io.BytesIO]:
    """Return an empty PDF and where its bytes will be. It bears no time and nothing of this machine."""
    from reportlab.pdfgen.canvas import Canvas

    fonts.load()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1, initialFontName=PLAIN)
    canvas.setTitle(fonts.drawable(title))
    canvas.setAuthor(fonts.drawable(author))
    canvas.setCreator("")
    canvas.setSubject("")
    return canvas, buffer


def text(canvas: Canvas, words: str, place: tuple[float, float], size: float, font: str = PLAIN) -> None:
    """Write one line, which begins so far from the page's left edge and whose foot is so far from its top."""
    left, top = place
    canvas.setFillGray(0)
    canvas.setFont(font, size)
    canvas.drawString(left, HEIGHT - top, fonts.drawable(words).replace("\n", " "))


def fitted(lines: tuple[str, ...], most: float, size: float, font: str = PLAIN) -> list[str]:
    """Return lines that are not wider than ``most``, without empty ones."""
    measured = partial(fonts.width, font=font, size=size)
    return [part for one in lines for part in wrap(fonts.drawable(one), most, measured) if part.strip()]


def _pages(letter: Letter) -> list[list[tuple[str, str]]]:
    """Return the (font, line) pairs of each page; a signature takes some lines to its page."""
    lines = [(BOLD, one) for one in fitted((letter.subject,), RIGHT - LEFT, _SIZE, BOLD)]
    lines += [(PLAIN, "")] if lines else []
    measured = partial(fonts.width, font=PLAIN, size=_SIZE)
    lines += [(PLAIN, one) for one in wrap(fonts.drawable(letter.text), RIGHT - LEFT, measured)]
    signing = _SIGNING + (len(letter.signature) + 1) * _LEADING
    pages: list[list[tuple[str, str]]] = []
    while True:
        room = _END - _BEGIN if not pages else _END_AGAIN - _BEGIN_AGAIN
        if len(lines) * _LEADING + signing <= room:
            return [*pages, lines]
        whole = int(room / _LEADING)
        kept = whole if len(lines) > whole else max(len(lines) - _WITH_SIGNATURE, 1)
        pages.append(lines[:kept])
        lines = lines[kept:]


def _first(canvas: Canvas, letter: Letter) -> None:
    _head(canvas, letter)
    _address(canvas, letter)
    for number, (what, value) in enumerate(letter.facts):
        top = (52 + number * 11) * MM
        text(canvas, what, (125 * MM, top), _SMALL)
        text(canvas, _cut(value, 65 * MM, _SIZE), (125 * MM, top + 4.8 * MM), _SIZE)
    canvas.setLineWidth(0.4)
    canvas.setStrokeGray(0.45)
    for fold in (105, 210):
        canvas.line(4 * MM, HEIGHT - fold * MM, 9 * MM, HEIGHT - fold * MM)
    if letter.code:
        bottom = HEIGHT - 284 * MM
        squares.draw(canvas, letter.code, left=LEFT - 3.5 * MM, bottom=bottom, side=_CODE, error="q")
        for number, line in enumerate(fitted((letter.said.send_back,), 110 * MM, 10)):
            text(canvas, line, (LEFT + _CODE, (265 + number * 4.8) * MM), 10, BOLD)


def _head(canvas: Canvas, letter: Letter) -> None:
    name, *rest = letter.head or ("",)
    for number, line in enumerate(fitted((name,), 95 * MM, 15, BOLD)[:2]):
        text(canvas, line, (LEFT, (20 + number * 6.5) * MM), 15, BOLD)
        below = (26.5 + number * 6.5) * MM
    for number, line in enumerate(fitted((letter.department,), 95 * MM, _SIZE)[:2]):
        text(canvas, line, (LEFT, below + number * 5 * MM), _SIZE)
    for number, line in enumerate(fitted(tuple(rest), 62 * MM, _SMALL)[:6]):
        text(canvas, line, (125 * MM, (18 + number * 4) * MM), _SMALL)
    canvas.setLineWidth(0.8)
    canvas.setStrokeGray(0)
    canvas.line(LEFT, HEIGHT - 41 * MM, RIGHT, HEIGHT - 41 * MM)


def _address(canvas: Canvas, letter: Letter) -> None:
    back = _cut(", ".join(letter.head[:3]), _ADDRESS_WIDTH, 7)
    text(canvas, back, (LEFT, 50.5 * MM), 7)
    canvas.setLineWidth(0.3)
    canvas.line(LEFT, HEIGHT - 51.5 * MM, LEFT + _ADDRESS_WIDTH, HEIGHT - 51.5 * MM)
    size, lines = _SIZE, fitted(letter.recipient, _ADDRESS_WIDTH, _SIZE)
    if len(lines) > _ADDRESS_LINES:
        size, lines = 8.0, fitted(letter.recipient, _ADDRESS_WIDTH, 8.0)
    step = min(5.2 * MM, 32 * MM / max(len(lines), 1))
    for number, line in enumerate(lines[:9]):
        text(canvas, line, (LEFT, 57.5 * MM + number * step), size)


def _again(canvas: Canvas, letter: Letter) -> None:
    text(canvas, _cut(letter.head[0] if letter.head else "", 90 * MM, _SMALL), (LEFT, 18 * MM), _SMALL)
    _right(canvas, ", ".join(value for _, value in letter.facts), 18 * MM, _SMALL)
    canvas.setLineWidth(0.4)
    canvas.setStrokeGray(0.45)
    canvas.line(LEFT, HEIGHT - 20.5 * MM, RIGHT, HEIGHT - 20.5 * MM)


def _words(canvas: Canvas, lines: list[tuple[str, str]], top: float) -> None:
    for number, (font, line) in enumerate(lines):
        text(canvas, line, (LEFT, top + number * _LEADING), _SIZE, font)


def _signature(canvas: Canvas, letter: Letter, lines: int, top: float) -> None:
    for number, line in enumerate(letter.signature):
        text(canvas, line, (LEFT, top + (lines + 1 + number) * _LEADING + _SIGNING), _SIZE)


def _right(canvas: Canvas, words: str, top: float, size: float) -> None:
    shown = _cut(words, 90 * MM, size)
    text(canvas, shown, (RIGHT - fonts.width(shown, PLAIN, size), top), size)


def _cut(words: str, most: float, size: float) -> str:
    """Return the beginning of a line that fits, ending in dots where it is not all."""
    shown = fonts.drawable(words)
    if fonts.width(shown, PLAIN, size) <= most:
        return shown
    while shown and fonts.width(f"{shown}…", PLAIN, size) > most:
        shown = shown[:-1]
    return f"{shown}…"
