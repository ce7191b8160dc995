"""Pages of a scan: a picture of each, its codes, whether it is blank; and what hurts ends within its bounds."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from contactcentre.bounded.reading import Reader, Unread
from tests.letters import made
from tests.letters.measured import PAGES

CODE, OTHER = "CC1:C:7:GTRWXDNS4ZRAAPO6", "https://example.com/pay"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(PAGES, seconds=20, megabytes=512) as started:
        yield started


def read(reader: Reader, folder: Path, content: bytes) -> tuple[dict[str, Any], list[Image.Image]]:
    """Return what was found, and the pages' pictures."""
    place = folder / "content"
    place.write_bytes(content)
    with reader.read(place) as found:
        pictures = [Image.open(io.BytesIO(one.read_bytes())) for one in found.files]
        assert [one.stem for one in found.files] == [
            f"{number:05d}-page" for number, page in enumerate(found.values["pages"], 1) if not page.get("broken")
        ]
        return found.values, pictures


def same(one: Image.Image, other: Image.Image) -> bool:
    difference = ImageChops.difference(one.convert("L"), other.convert("L")).point([0] * 64 + [255] * 192)
    return one.size == other.size and difference.histogram()[255] < one.width * one.height / 1000


@pytest.mark.parametrize("form", ["PDF", "TIFF"])
def test_every_page_of_a_batch_is_there_in_its_order(reader: Reader, tmp_path: Path, form: str) -> None:
    pages = [made.sheet(code=CODE), made.sheet(["one"]), Image.new("L", (827, 1169), 255), made.sheet(["Page 4"])]
    found, pictures = read(reader, tmp_path, made.saved(pages, form))
    assert [one["codes"] for one in found["pages"]] == [[CODE], [], [], []]
    assert [one["blank"] for one in found["pages"]] == [False, False, True, False]
    assert (found["notes"], len(pictures)) == ([], 4)
    for one, picture in zip(found["pages"], pictures, strict=True):
        assert (one["width"], one["height"]) == picture.size


@pytest.mark.parametrize("form", ["TIFF", "JPEG", "PNG"])
def test_a_picture_keeps_its_pixels(reader: Reader, tmp_path: Path, form: str) -> None:
    page = made.sheet()
    found, pictures = read(reader, tmp_path, made.saved([page], form))
    assert found["pages"][0]["dpi"] == 100
    assert same(pictures[0], page)


def test_a_bilevel_page_stays_bilevel(reader: Reader, tmp_path: Path) -> None:
    written = io.BytesIO()
    made.sheet().convert("1").save(written, "TIFF", compression="group4", dpi=(100, 100))
    assert read(reader, tmp_path, written.getvalue())[1][0].mode == "1"


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_a_page_stands_as_its_camera_says(reader: Reader, tmp_path: Path, form: str) -> None:
    page, told, written = made.sheet(), Image.Exif(), io.BytesIO()
    told[0x0112] = 6  # to be turned by a quarter
    page.transpose(Image.Transpose.ROTATE_90).save(written, form, exif=told)
    assert same(read(reader, tmp_path, written.getvalue())[1][0], page)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "CMYK", "I;16", "RGBA"])
def test_paper_is_white_and_ink_is_black_in_every_kind_of_colour(reader: Reader, tmp_path: Path, mode: str) -> None:
    page, written = made.sheet().point([0] * 128 + [255] * 128), io.BytesIO()
    if mode == "RGBA":
        coloured = Image.new("RGBA", page.size, (0, 0, 0, 0))
        coloured.putalpha(ImageChops.invert(page))
    elif mode == "I;16":
        coloured = page.convert("I").point(lambda value: value * 257).convert("I;16")
    else:
        coloured = page.convert(mode, dither=Image.Dither.NONE)
    coloured.save(written, "TIFF")
    assert same(read(reader, tmp_path, written.getvalue())[1][0], page)


def test_a_large_picture_is_made_smaller_and_told_so(reader: Reader, tmp_path: Path) -> None:
    large = Image.new("L", (6000, 4000), 255)
    found, pictures = read(reader, tmp_path, made.saved([large], "JPEG", dpi=600))
    assert pictures[0].width * pictures[0].height <= 12_000_000
    assert found["pages"][0]["dpi"] < 600
    assert found["pages"][0]["blank"]


@pytest.mark.parametrize(("turn", "skew"), [(0, 0), (90, 0), (180, 0), (270, 0), (0, 2.5), (180, -4), (0, 11)])
def test_a_code_is_read_whichever_way_it_lies(reader: Reader, tmp_path: Path, turn: int, skew: float) -> None:
    page = made.sheet(code=CODE).rotate(turn + skew, expand=True, fillcolor=255)
    assert read(reader, tmp_path, made.saved([page], "PNG"))[0]["pages"][0]["codes"] == [CODE]


def test_every_code_of_a_page_is_told_of_whoever_made_it(reader: Reader, tmp_path: Path) -> None:
    page = made.sheet([], code=OTHER)
    page.paste(made.sheet([], code=CODE).crop((0, 700, 827, 1100)), (0, 100))
    assert sorted(read(reader, tmp_path, made.saved([page], "PNG"))[0]["pages"][0]["codes"]) == [CODE, OTHER]


def test_a_pdf_that_was_written_and_not_scanned_gives_its_own_text(reader: Reader, tmp_path: Path) -> None:
    found, pictures = read(reader, tmp_path, made.drawn(made.HELLO))
    assert found["pages"][0]["text"] == "Hello from a letter"
    assert found["pages"][0]["dpi"] == 300
    assert not found["pages"][0]["blank"]
    assert pictures[0].getextrema() == (0, 255)


def test_a_page_that_cannot_be_drawn_takes_no_other_with_it(reader: Reader, tmp_path: Path) -> None:
    good, bad = made.saved([made.sheet(["one"])], "TIFF"), made.tiff(65_000, 65_000)
    found, pictures = read(reader, tmp_path, chained(good, bad))
    assert [bool(one.get("broken")) for one in found["pages"]] == [False, True]
    assert (found["notes"], len(pictures)) == (["Page 2 cannot be read."], 1)


def chained(first: bytes, second: bytes) -> bytes:
    """Two little-endian TIFFs as one of two pages."""
    at = len(first) + len(first) % 2
    joined = bytearray(first.ljust(at, b"\0"))
    table = int.from_bytes(first[4:8], "little")
    ends = table + 2 + 12 * int.from_bytes(first[table : table + 2], "little")
    joined[ends : ends + 4] = (at + 12).to_bytes(4, "little")
    return bytes(joined) + second


@pytest.mark.parametrize("name", made.REFUSED)
def test_what_is_no_scan_or_harms_is_refused_in_words(reader: Reader, tmp_path: Path, name: str) -> None:
    content, words = made.REFUSED[name]
    with pytest.raises(Unread, match=f"^scan: .*{words}") as refused:
        read(reader, tmp_path, content())
    assert not refused.value.again


@pytest.mark.parametrize("name", made.READ)
def test_what_is_odd_is_read_and_does_nothing(reader: Reader, tmp_path: Path, name: str) -> None:
    found, _ = read(reader, tmp_path, made.READ[name]())
    assert found["pages"]
    assert found["peak_kb"] < 512 * 1024


def test_a_pdf_reaches_no_network_and_no_other_file(reader: Reader, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(made.HELLO.replace(b"Hello", b"Secret"))
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.setblocking(False)
        content = made.leading_out(canary.getsockname()[1], str(secret))
        found, pictures = read(reader, tmp_path, content)
        with pytest.raises(BlockingIOError):
            canary.accept()
    assert "Secret" not in found["pages"][0]["text"]
    assert len(pictures) == 1


def test_a_page_that_draws_for_ever_ends(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(Unread, match="no page of it can be read"):
        read(reader, tmp_path, made.busy())
