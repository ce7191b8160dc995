"""Puts a letter together in a process of its own: a bundle of its pages in, one PDF and what they say of it out."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from channels.errors import Refused
from channels.letters import fields

JOIN = "channels.letters.joining:join"
#: dots per inch of pages that are there as a picture alone
_DPI = 200


#: in a bundle: what was read of the pages, as JSON
READ = "read.json"


def entry_name(number: int, turn: int, *, pdf: bool) -> str:
    """Return how a page is called in a bundle: its number, by how many degrees it is turned clockwise, what it is."""
    return f"{number:05d}.{turn}.{'pdf' if pdf else 'picture'}"


def join(source: Path, into: Path) -> dict[str, Any]:
    """Write ``00001-letter.pdf`` with the pages of a bundle in their order; return what is found in their words."""
    from pypdfium2 import PdfDocument

    letter, found = PdfDocument.new(), {}
    for name, content in _entries(source):
        if name == READ:
            found = fields.of_letter(json.loads(content))
            continue
        _, turn, kind = name.split(".")
        page = PdfDocument(content if kind == "pdf" else _as_pdf(content))
        letter.import_pages(page)
        last = letter[len(letter) - 1]
        last.set_rotation((last.get_rotation() + int(turn)) % 360)
    if not len(letter):
        raise Refused("letter", "there is no page in it")
    with (into / "00001-letter.pdf").open("wb") as file:
        letter.save(file)
    return {"pages": len(letter), "found": found}


def _entries(source: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(source) as bundle:
        for one in bundle:
            file = bundle.extractfile(one)
            if file is not None:
                yield one.name, file.read()


def _as_pdf(content: bytes) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        picture.convert("L").save(made, "PDF", resolution=_DPI)
    return made.getvalue()


def _ready() -> None:
    import pypdfium2
    from PIL import Image, PdfImagePlugin

    assert pypdfium2
    assert Image
    assert PdfImagePlugin


#: what the reading process loads once, before it forks for each letter
PREPARE: Mapping[str, Callable[[], None]] = {"join": _ready}
