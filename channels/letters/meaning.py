"""What a scan that was looked into means to us: pages, and the codes on them that we signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cases.messages import KeptFile, PageCode, ScannedFile, ScannedPage
from channels.letters import codes
from channels.letters.settings import PaperSettings

#: how our codes begin; what begins so and is not signed by us is no accident
OURS = "CC1:"
TOO_LARGE = "The file is larger than is taken. Scan it again in several parts, or with fewer dots per inch."


def understood(
    read: Mapping[str, Any], files: Sequence[KeptFile], settings: PaperSettings, *, key: bytes
) -> ScannedFile:
    """Return the scan with its pages in their order."""
    pictures = {int(one.name.partition("-")[0]): one for one in files}
    pages = tuple(_page(one, pictures.get(number), key) for number, one in enumerate(read["pages"], 1))
    single = bool(read.get("single")) or _is_one(pages, settings)
    return ScannedFile(settings.id, read["name"], read["came_by"], pages, single=single)


def refused(told: Mapping[str, Any], words: str, settings: PaperSettings) -> ScannedFile:
    """Return a scan without pages, and why it has none."""
    return ScannedFile(settings.id, told["name"], told["came_by"], refused=words if told["whole"] else TOO_LARGE)


def _page(one: Mapping[str, Any], picture: KeptFile | None, key: bytes) -> ScannedPage:
    if one.get("broken") or picture is None:
        return ScannedPage(None)
    return ScannedPage(
        picture,
        int(one["width"]),
        int(one["height"]),
        tuple(_codes(one["codes"], key)),
        blank=bool(one["blank"]),
        text=str(one.get("text") or ""),
    )


def _codes(texts: Iterable[str], key: bytes) -> Iterator[PageCode]:
    """Yield what codes say that are ours, or look like ours; others stand in letters of citizens for their own ends."""
    for text in texts:
        match codes.read(text, key):
            case codes.Cover(number=number):
                yield PageCode("cover", number=number)
            case codes.Reply(reference=reference, message_id=message_id):
                yield PageCode("reply", reference=reference, message_id=message_id)
            case _:
                if text.startswith(OURS):
                    yield PageCode("false")


def _is_one(pages: Sequence[ScannedPage], settings: PaperSettings) -> bool:
    return sum(not one.blank for one in pages) <= settings.pages_of_one
