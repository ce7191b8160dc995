"""A letter of ours as a PDF: what stands on it, where, and that nothing else is in it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from pypdfium2 import PdfDocument
from pypdfium2 import raw as pdfium

from cases.letters.cover_words import looks_like_cover
from channels.letters import codes, covers, fonts
from channels.letters.covers import CoverSheet
from channels.letters.drawing import MM, Letter, Said, draw

KEY = b"k" * 32
REFERENCE = "00849148"
WORDS = "Dear Madam,\n\nThank you for your letter. Our crew opens the gutter on Tuesday."
LETTER = Letter(
    head=("Test Assembly", "P.O. Box 1, Port", "Telephone 030 000 0000"),
    department="Client services",
    recipient=("Araba Demo", "P.O. Box 418", "Low Town"),
    facts=(("Our reference", "0084-9148"), ("Letter number", "D-2026-0001"), ("Date", "29 November 2026")),
    subject="Choked gutter",
    text=WORDS,
    signature=("Client services", "Test Assembly"),
    said=Said("Please send this page back with your answer.", "Page {page} of {pages}"),
    code=codes.reply(REFERENCE, 77, KEY),
    title="D-2026-0001",
)
LONG = "\n\n".join(f"Paragraph {number}. " + "The slab is broken and nobody can pass. " * 9 for number in range(24))
TRICKS = """<img src="file:///etc/hostname"> <b>bold</b> <a href="http://169.254.169.254/latest/meta-data/">x</a>
<iframe src="data:text/html,hello"></iframe> url(php://filter/resource=/etc/passwd) @import url(http://x.invalid/a.css)
{{ 7*7 }} ${7*7} %(name)s \\x00 <para><img src="http://x.invalid/x.png"/></para> <?xml version="1.0"?>"""

#: by these a PDF would hold files, pictures or scripts, or lead elsewhere
FORBIDDEN = {b"URI", b"EmbeddedFile", b"JavaScript", b"JS", b"Launch", b"AA", b"OpenAction", b"Annots", b"XObject"}

EMBEDDED = {b"SourceSansPro-Regular", b"SourceSansPro-Semibold"}

_watching: list[list[str]] = []
_OPENED = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "urllib.Request", "os.system")


def _note(event: str, args: tuple[Any, ...]) -> None:
    if event in _OPENED:
        for found in _watching:
            found.append(f"{event} {args[0]!r}")


sys.addaudithook(_note)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Gather every file that is opened, every connection and every program that is begun."""
    found: list[str] = []
    _watching.append(found)
    try:
        yield found
    finally:
        _watching.remove(found)


def pages(content: bytes) -> list[str]:
    with PdfDocument(content) as document:
        return [page.get_textpage().get_text_range() for page in document]


def plain(text: str) -> str:
    """Return the words alone: where lines are broken is the drawing's matter."""
    return " ".join(text.replace("\ufffe", "").split())


def codes_on(content: bytes, *, scale: float = 2.0, turn: int = 0) -> list[str]:
    with PdfDocument(content) as document:
        return [
            one.text
            for page in document
            for one in zxingcpp.read_barcodes(page.render(scale=scale, rotation=turn).to_pil())
        ]


def test_a_letter_bears_all_that_belongs_on_it() -> None:
    (page,) = pages(draw(LETTER))
    for words in (*LETTER.head, *LETTER.recipient, *LETTER.signature, LETTER.department, LETTER.subject, WORDS):
        assert plain(words) in plain(page), words
    for what, value in LETTER.facts:
        assert what in page and value in page
    assert LETTER.said.send_back in page and "Page 1 of 1" in page


def test_its_code_names_the_message_that_it_answers() -> None:
    assert [codes.read(one, KEY) for one in codes_on(draw(LETTER))] == [codes.Reply(REFERENCE, 77)]
    assert codes_on(draw(replace(LETTER, code=""))) == []


def test_the_address_stands_in_the_window_of_the_envelope() -> None:
    long = (
        "Mr Kwesi Annobil, secretary of the New Port Traders' and Fishmongers' Association",
        *(f"A long line {number}" for number in range(7)),
    )
    for recipient in (LETTER.recipient, long):
        with PdfDocument(draw(replace(LETTER, recipient=recipient))) as document:
            text = document[0].get_textpage()
            for line in recipient[1:]:
                place = text.search(line).get_next()
                assert place is not None, line
                left, bottom, right, top = text.get_charbox(place[0])
                assert left > 20 * MM and right < 110 * MM
                # DIN 5008, form B: from 45 to 90 mm below the edge
                assert bottom > (297 - 90) * MM and top < (297 - 45) * MM, line


def test_long_words_go_on_page_after_page_and_none_is_lost() -> None:
    found = pages(draw(replace(LETTER, text=LONG)))
    assert len(found) == 4
    together = plain(" ".join(found))
    assert all(f"Paragraph {number}." in together for number in range(24))
    assert together.count("slab") == 24 * 9
    assert [f"Page {number} of 4" in page for number, page in enumerate(found, start=1)] == [True] * 4
    assert "Test Assembly" in found[-1] and LETTER.said.send_back not in found[1]


@pytest.mark.parametrize("lines", range(18, 24))
def test_a_signature_stands_on_no_page_alone(lines: int) -> None:
    text = "\n".join(f"line {number} of the letter" for number in range(lines))
    last = pages(draw(replace(LETTER, text=text)))[-1]
    assert "of the letter" in last and "Client services" in last


def test_words_are_drawn_as_the_characters_that_they_are() -> None:
    drawn = plain(" ".join(pages(draw(replace(LETTER, text=TRICKS, subject=TRICKS[:60])))))
    assert plain(TRICKS) in drawn


def test_nothing_is_fetched_and_nothing_else_is_in_it() -> None:
    draw(LETTER)  # the typeface is read once a process
    with watched() as seen:
        content = draw(
            replace(LETTER, text=TRICKS, recipient=("file:///etc/hostname", "http://x.invalid/"), subject=TRICKS)
        )
    assert seen == []
    bare = re.sub(rb"stream\r?\n.*?endstream", b"", content, flags=re.DOTALL)
    assert set(re.findall(rb"/(\w+)", bare)).isdisjoint(FORBIDDEN)
    assert {one.partition(b"+")[2] for one in re.findall(rb"/BaseFont /(\S+)", bare)} == EMBEDDED
    with PdfDocument(content) as document:
        assert document.count_attachments() == 0
        kinds = {one.type for page in document for one in page.get_objects()}
        assert kinds <= {pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH}
        metadata = document.get_metadata_dict()
    assert metadata["CreationDate"].startswith("D:2000") and metadata["Creator"] == ""


def test_the_watch_itself_sees_what_is_opened() -> None:
    with watched() as seen, Path("/dev/null").open():
        pass
    assert seen == ["open '/dev/null'"]


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert draw(LETTER) == draw(LETTER)


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("Yɛsrɛ mo sɛ mommoa yɛn", "Yɛsrɛ mo sɛ mommoa yɛn"),
        ("ɔkyeame, ŋutsu, ɖevi, ƒome, GH₵ 2,500", "ɔkyeame, ŋutsu, ɖevi, ƒome, GH₵ 2,500"),
        ("Ɛno Ɔno", "ɛno ɔno"),  # the typeface has no such capitals
        ("Ƙƙ", "Kk"),
        ("e\u0301", "é"),
        ("½ ①", "½ 1"),
        ("😀", "?"),
        ("a\tb", "a    b"),
        ("a\u202eb\u200bc\x00d\xad", "abcd"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
    ],
)
def test_what_the_typeface_lacks_is_drawn_as_the_nearest(given: str, drawn: str) -> None:
    assert fonts.drawable(given) == drawn


@pytest.mark.parametrize("turn", [0, 180])
def test_cover_sheets_are_read_either_way_up(turn: int) -> None:
    sheets = [CoverSheet(number, codes.cover(number, KEY)) for number in (11, 12)]
    content = covers.draw(sheets, organisation="Test Assembly")
    found = codes_on(content, scale=1.4, turn=turn)  # 100 dots per inch: the poorest setting of a scanner
    assert [codes.read(one, KEY) for one in found] == [codes.Cover(11), codes.Cover(12)]
    assert [
        "COVER SHEET" in page and f"No. {number}" in page for page, number in zip(pages(content), (11, 12), strict=True)
    ]
    assert all(looks_like_cover(page) for page in pages(content)), "one with a torn code is still known"
    with PdfDocument(content) as document:
        left, bottom, right, top = _black(document[0])
    assert min(right - left, top - bottom) > 30 * MM


def _black(page: Any) -> tuple[float, float, float, float]:
    boxes = [one.get_bounds() for one in page.get_objects() if one.type == pdfium.FPDF_PAGEOBJ_PATH]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
