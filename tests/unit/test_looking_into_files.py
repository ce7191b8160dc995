"""Hostile pictures and archives are kept aside within their bounds, ordinary ones get a preview; none is unpacked."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cases.file_limits import LOOK_MEGABYTES, LOOK_SECONDS, MIB
from contactcentre.bounded.reading import Reader, Unread
from tests.routing.shared import NoSharedData, shared
from tests.unit import hostile_files
from tests.unit.measured_looking import LOOK


@pytest.fixture(scope="module")
def looker() -> Iterator[Reader]:
    with Reader(LOOK, seconds=LOOK_SECONDS, megabytes=LOOK_MEGABYTES) as started:
        yield started


def look(looker: Reader, folder: Path, content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what was found, and the preview's bytes."""
    place = folder / "content"
    place.write_bytes(content)
    with looker.read(place) as found:
        return found.values, found.files[0].read_bytes() if found.files else b""


def picture(size: tuple[int, int], form: str = "PNG", mode: str = "RGB", **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, 1 if mode == "P" else "teal").save(written, form, **more)
    return written.getvalue()


@pytest.mark.parametrize("name", hostile_files.ASIDE)
def test_what_breaks_a_limit_is_kept_aside_with_the_reason(looker: Reader, tmp_path: Path, name: str) -> None:
    made, words = hostile_files.ASIDE[name]
    found, preview = look(looker, tmp_path, made())
    assert words in str(found.get("trouble"))
    assert preview == b""
    assert found["peak_kb"] < 200 * 1024


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF", "WEBP"])
def test_an_ordinary_picture_gets_a_small_one(looker: Reader, tmp_path: Path, form: str) -> None:
    found, preview = look(looker, tmp_path, picture((1200, 600), form))
    assert (found["width"], found["height"], found.get("trouble")) == (320, 160, None)
    with Image.open(io.BytesIO(preview)) as small:
        assert (small.format, small.size) == ("JPEG", (320, 160))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_colour_gets_one(looker: Reader, tmp_path: Path, mode: str) -> None:
    written = io.BytesIO()
    Image.new(mode, (40, 20)).save(written, "PNG")
    assert look(looker, tmp_path, written.getvalue())[0]["width"] == 40


def test_a_preview_stands_upright_and_tells_no_place(looker: Reader, tmp_path: Path) -> None:
    told = Image.Exif()
    told[0x0112] = 6  # turned by a quarter
    told[0x010E] = "behind the blue gate"
    found, preview = look(looker, tmp_path, picture((80, 40), "JPEG", exif=told))
    assert (found["width"], found["height"]) == (40, 80)
    assert b"blue gate" not in preview
    assert b"Exif" not in preview


def test_a_telephones_largest_picture_gets_one_within_the_bounds(looker: Reader, tmp_path: Path) -> None:
    found, preview = look(looker, tmp_path, picture((12_000, 9_000), "JPEG"))
    assert (found["width"], found["height"]) == (320, 240)
    assert preview
    assert found["peak_kb"] < 200 * 1024


def test_a_picture_too_large_for_a_preview_is_given_out_without_one(looker: Reader, tmp_path: Path) -> None:
    found, preview = look(looker, tmp_path, hostile_files.real_bomb(8000, 8000))
    assert (found.get("trouble"), found.get("width"), preview) == (None, None, b"")


@pytest.mark.parametrize(
    "content",
    [
        hostile_files.archive({"a.txt": b"words" * 1000, "b/c.jpg": b"x"}),
        hostile_files.archive({}),
        hostile_files.nested(3),
        hostile_files.archive({"a.docx": hostile_files.archive({"[Content_Types].xml": b"<x/>"})}),
        hostile_files.dense(10),
        b"PK\x03\x04 and nothing else",
        b"plain words",
        b"%PDF-1.7",
    ],
    ids=["ordinary", "empty", "three deep", "office within", "small and dense", "broken", "words", "pdf"],
)
def test_what_breaks_no_limit_is_left_alone(looker: Reader, tmp_path: Path, content: bytes) -> None:
    found, preview = look(looker, tmp_path, content)
    assert (found.get("trouble"), preview) == (None, b"")


def test_other_formats_are_not_unpacked_whatever_they_are_called(looker: Reader, tmp_path: Path) -> None:
    for form in ("BMP", "ICO", "TGA", "PPM"):
        assert look(looker, tmp_path, picture((16, 16), form))[1] == b"", form


def test_the_shared_hostile_files_break_nothing(looker: Reader, tmp_path: Path, capsys: Any) -> None:
    try:
        folder = shared("evil/README.md").parent
    except NoSharedData as error:
        pytest.skip(str(error))
    every = sorted(one for name in ("images", "files") for one in (folder / name).iterdir())
    ends, peak, longest = dict.fromkeys(("read", "preview", "aside", "unread"), 0), 0, 0.0
    for one in every:
        began = time.monotonic()
        try:
            found, preview = look(looker, tmp_path, one.read_bytes())
            peak = max(peak, found["peak_kb"])
            ends["preview" if preview else "aside" if found.get("trouble") else "read"] += 1
        except Unread as error:
            assert not error.again, one.name
            ends["unread"] += 1
        longest = max(longest, time.monotonic() - began)
    with capsys.disabled():
        print(f"\nhostile files: {len(every)}, {ends}, peak {peak / 1024:.0f} MB, longest {longest:.2f} s")
    assert sum(ends.values()) == len(every) > 20
    assert ends["unread"] == 0, "0 crashes, 0 hangs"
    assert peak * 1024 < LOOK_MEGABYTES * MIB
