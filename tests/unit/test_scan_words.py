"""Words of a page: read upright and straight, with where they stand; and its picture and PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from contactcentre.bounded.reading import Reader, Unread
from tests.letters import made
from tests.letters.measured import WORDS

DPI = 150


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(WORDS, seconds=20, megabytes=512) as started:
        yield started


def read(reader: Reader, folder: Path, page: Image.Image) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """Return what was read, and the files by their names."""
    place = folder / "page.png"
    page.save(place, "PNG", dpi=(DPI, DPI))
    with reader.read(place) as found:
        return found.values, [(one.name, one.read_bytes()) for one in found.files]


def said(found: dict[str, Any]) -> str:
    return " ".join(str(found["text"]).split())


def test_a_page_is_read_with_where_its_words_stand(reader: Reader, tmp_path: Path) -> None:
    page = made.sheet(dpi=DPI)
    found, files = read(reader, tmp_path, page)
    assert said(found) == " ".join(" ".join(made.WORDS).split())
    assert (found["turned"], found["skew"], found["width"], found["height"]) == (0, 0, *page.size)
    assert found["confidence"] > 85
    text, left, top, width, height, confidence, line = found["words"][0]
    assert (text, line, confidence > 80) == ("P.O.", 0, True)
    assert abs(left - DPI) < 12
    assert DPI < top < DPI * 1.2
    assert 0 < height < width < DPI
    assert found["peak_kb"] < 512 * 1024
    shown, searchable = files
    assert (shown[0], searchable[0]) == ("00001-page.jpg", "00002-page.pdf")
    with Image.open(io.BytesIO(shown[1])) as picture:
        assert picture.size == page.size
    one = pypdfium2.PdfDocument(searchable[1])[0]
    held = " ".join(one.get_textpage().get_text_range().split())
    assert "Yours faithfully, (Ama Serwaa Mensah)" in held
    assert [round(side) for side in one.get_size()] == [round(side / DPI * 72) for side in page.size]


@pytest.mark.parametrize(("turn", "skew"), [(90, 0.0), (180, 2.5), (270, 0.0), (0, -4.0)])
def test_a_page_is_turned_as_it_was_written(reader: Reader, tmp_path: Path, turn: int, skew: float) -> None:
    """``turn`` is how far it lies turned counter-clockwise, as ``skew``."""
    page = made.sheet(dpi=DPI).rotate(turn + skew, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    found, files = read(reader, tmp_path, page)
    assert found["turned"] == turn
    assert abs(found["skew"] + skew) <= 0.2
    assert "Children walk there after evening classes" in said(found)
    assert "4821-7739" in said(found)
    with Image.open(io.BytesIO(files[0][1])) as shown:
        assert shown.size == (found["width"], found["height"])
        assert shown.width < shown.height


def test_specks_are_taken_out_for_reading_and_stay_in_the_picture(reader: Reader, tmp_path: Path) -> None:
    found, files = read(reader, tmp_path, made.sheet(dpi=DPI, specks=0.02))
    assert "Children walk there after evening classes" in said(found)
    with Image.open(io.BytesIO(files[0][1])) as shown:
        dark = sum(shown.crop((0, 0, shown.width, DPI // 2)).histogram()[:128])
    assert dark > 100


def test_a_bilevel_page_is_shown_as_it_is(reader: Reader, tmp_path: Path) -> None:
    found, files = read(reader, tmp_path, made.sheet(dpi=DPI).convert("1"))
    assert files[0][0] == "00001-page.png"
    assert "Yours faithfully" in said(found)


@pytest.mark.parametrize("page", [Image.new("L", (600, 800), 255), Image.new("1", (1, 1))], ids=["empty", "one dot"])
def test_a_page_without_words_has_none(reader: Reader, tmp_path: Path, page: Image.Image) -> None:
    found, files = read(reader, tmp_path, page)
    assert (found["text"], found["words"], found["confidence"], len(files)) == ("", [], 0, 2)


def test_what_is_no_picture_of_ours_is_refused(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(Unread, match="no picture of a page"):
        read(reader, tmp_path, Image.new("RGB", (10, 10)))


def test_the_same_page_makes_the_same_files(reader: Reader, tmp_path: Path) -> None:
    page = made.sheet(["Once"], dpi=DPI)
    assert read(reader, tmp_path, page)[1] == read(reader, tmp_path, page)[1]
