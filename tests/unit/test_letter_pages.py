"""Text in lines and pages: the same rule on the server and in the page's script, near to what is drawn."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from channels.letters import wrapping
from channels.letters.drawing import Letter, draw
from channels.letters.wrapping import about_pages, wrap
from contactcentre.letters.binding import bound
from tests.unit.test_letter_drawing import LETTER, LONG

SCRIPT = Path(__file__).parents[2] / "contactcentre" / "static" / "js" / "letter_pages.js"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("", [""]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("abcdefghijkl", ["abcdefgh", "ijkl"]),
        ("a abcdefghijklmnopq b", ["a", "abcdefgh", "ijklmnop", "q b"]),
        ("  in  by two", ["  in by", "two"]),
    ],
)
def test_lines_are_as_wide_as_the_page(text: str, lines: list[str]) -> None:
    assert list(wrap(text, 8, len)) == lines


def test_a_word_without_an_end_is_wrapped_in_time_that_its_length_allows() -> None:
    asked = 0

    def width(text: str) -> float:
        nonlocal asked
        asked += 1
        return len(text)

    assert len(list(wrap("x" * 50_000, 90, width))) == 556
    assert asked < 20_000


@pytest.mark.parametrize(("text", "pages"), [("", 0), ("  ", 0), ("Yes.", 1), ("word " * 330, 1), (LONG, 4)])
def test_pages_are_told_about_right(text: str, pages: int) -> None:
    assert about_pages(text) == pages


@pytest.mark.parametrize("times", [1, 5, 10, 17, 24])
def test_what_is_told_is_near_to_what_is_drawn(times: int) -> None:
    text = "\n\n".join(LONG.split("\n\n")[:times])
    with PdfDocument(draw(_with(text))) as document:
        assert abs(len(document) - about_pages(text)) <= 1


def test_the_script_of_the_page_counts_by_the_same_numbers() -> None:
    found = dict(re.findall(r"^const (\w+) = (\d+);$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE))
    ours = {
        "FIRST_PAGE": wrapping.FIRST_PAGE,
        "OTHER_PAGE": wrapping.OTHER_PAGE,
        "AROUND": wrapping.AROUND,
        "LINE": wrapping._LINE,
    }
    assert {name: int(value) for name, value in found.items()} == ours


@pytest.mark.parametrize(("both_sides", "pages"), [(False, 3), (True, 4)])
def test_letters_are_bound_together_for_the_printer(both_sides: bool, pages: int) -> None:
    two = draw(_with("\n".join(["line"] * 40)))
    with PdfDocument(bound([draw(LETTER), two], both_sides=both_sides)) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    assert len(texts) == pages
    assert [number for number, text in enumerate(texts) if "of 2" in text] == [pages - 2, pages - 1]


def _with(text: str) -> Letter:
    return replace(LETTER, text=text)
