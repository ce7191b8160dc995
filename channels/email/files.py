"""The files that came with a mail: attachments, pictures in the text, whole mails, and what Outlook packs together."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from channels.email.bodies import file_name
from channels.email.mail import Part
from channels.email.mime import MOST_PARTS, Entity, Reading
from channels.email.words import readable

_LONGEST_NAME = 255
_NESTED = ("message/rfc822", "message/global")
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
#: Outlook's pack is read by a library that is no longer cared for; larger ones stay packed
_LARGEST_PACK = 30 * 1024 * 1024


def parts(entities: list[Entity], reading: Reading) -> list[Part]:
    """Return the files in order. A pack of Outlook's is followed by what is in it."""
    found: list[Part] = []
    for entity in entities:
        part = _part(entity)
        found.append(part)
        if part.media_type in _TNEF or (part.name or "").lower() == "winmail.dat":
            found.extend(_unpacked(part.content, reading))
    if len(found) > MOST_PARTS:
        reading.note(f"more than {MOST_PARTS} files")
    return found[: MOST_PARTS * 2]


def name_of(said: str | None) -> str | None:
    """Return a file's name without folders and control characters, its ending kept where it is cut."""
    name = readable(said or "").replace("\\", "/").rpartition("/")[2].strip(" .\"'")
    if len(name) <= _LONGEST_NAME:
        return name or None
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < 16 else name[:_LONGEST_NAME]


def _part(entity: Entity) -> Part:
    content_id = entity.headers.raw("content-id").strip().strip("<>").strip() or None
    disposition = entity.headers.parameters("content-disposition")[0]
    shown = entity.media_type.startswith(("image/", "audio/", "video/"))
    return Part(
        name=name_of(file_name(entity)),
        media_type=entity.media_type,
        content=entity.content(),
        content_id=content_id and content_id[:_LONGEST_NAME],
        inline=disposition == "inline" or (shown and disposition != "attachment" and content_id is not None),
        nested=entity.media_type in _NESTED,
    )


def _unpacked(content: bytes, reading: Reading) -> Iterator[Part]:
    if len(content) > _LARGEST_PACK:
        reading.note("winmail.dat is too large to be unpacked")
        return
    try:
        from tnefparse import TNEF

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            files = [(one.long_filename(), bytes(one.data)) for one in TNEF(content, do_checksum=False).attachments]
    except Exception:  # noqa: BLE001  the library raises whatever a broken pack leads it to; the pack itself is kept
        reading.note("winmail.dat cannot be read")
        return
    for name, data in files[:MOST_PARTS]:
        yield Part(name_of(str(name)), "application/octet-stream", data)
