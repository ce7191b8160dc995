"""The pictures of the documentation keep every pixel when they are packed."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from tests.e2e import png

WIDTH, STEP = 7, 3


def drawn(filters: list[int], rows: list[bytes], *, depth: int = 8) -> bytes:
    """Draw a picture whose rows are filtered in these ways, as the PNG specification describes them."""
    head = struct.pack(">IIBBBBB", WIDTH, len(rows), depth, 2, 0, 0, 0)
    data, above = b"", bytes(WIDTH * STEP)
    for kind, row in zip(filters, rows, strict=True):
        lefts, corners = bytes(STEP) + row[:-STEP], bytes(STEP) + above[:-STEP]
        sides = zip(row, lefts, above, corners, strict=True)
        data += bytes([kind]) + bytes((byte - png.GUESSES[kind](*beside)) & 255 for byte, *beside in sides)
        above = row
    parts = [(b"IHDR", head), (b"tEXt", b"by\0us"), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return png.SIGNATURE + b"".join(png.chunk(*one) for one in parts)


def test_every_filter_is_undone_and_nothing_but_pixels_is_kept() -> None:
    dice = random.Random(7)
    rows = [dice.randbytes(WIDTH * STEP) for _ in range(10)]
    picture = drawn([4, 3, 2, 1, 0, 0, 1, 2, 3, 4], rows)
    assert list(png.rows(picture)) == rows
    small = png.packed(picture)
    assert list(png.rows(small)) == rows
    assert b"tEXt" not in small
    assert png.packed(small) == small


@pytest.mark.parametrize(("beside", "nearest"), [((10, 20, 10), 20), ((10, 20, 20), 10), ((0, 9, 4), 4)])
def test_the_nearest_neighbour_is_taken(beside: tuple[int, int, int], nearest: int) -> None:
    assert png.GUESSES[4](*beside) == nearest


def test_another_kind_of_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bits"):
        list(png.rows(drawn([0], [bytes(WIDTH * STEP)], depth=16)))
