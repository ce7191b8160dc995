"""Files that leave with a mail: the same rule holds as for those that are given out here."""

from __future__ import annotations

from collections.abc import Callable

from cases.holding import Held, hold
from cases.models import StoredFile
from channels.errors import FileHeld
from contactcentre.container import Container


def reader(container: Container) -> Callable[[str], bytes]:
    """Return what reads a content that shall leave; that raises :class:`channels.errors.FileHeld` where it may not."""

    def read(sha256: str) -> bytes:
        with container.db.reader() as session:
            one = session.get_one(StoredFile, sha256)
        scanning = container.scanner is not None
        held = hold(scan=one.scan, note=one.scan_note, trouble=one.trouble, scanning=scanning)
        if held is not None:
            raise FileHeld(held.why, waits=held.why is Held.PENDING)
        return container.files.content(sha256)

    return read
