"""Whether a file of a scanner ends as its kind does: a sign that it was written to its end. Pure but for the look."""

from __future__ import annotations

import os
from pathlib import Path

#: bytes at the end that are looked at; some programs write empty lines or zeros behind the end
_TAIL = 2048
#: how a kind begins, and what stands at its end. A TIFF's end says nothing
_ENDS = {b"%PDF-": b"%%EOF", b"\xff\xd8\xff": b"\xff\xd9", b"\x89PNG\r\n\x1a\n": b"IEND\xaeB`\x82"}


def is_whole(path: Path, flags: int) -> bool:
    """Tell whether a file ends as it should, as far as its kind shows that; an empty one does not."""
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(8)
        file.seek(max(0, size - _TAIL))
        return ends(head, file.read(_TAIL))


def ends(head: bytes, tail: bytes) -> bool:
    """Tell whether a file with this beginning ends well with this end."""
    wanted = next((end for begin, end in _ENDS.items() if head.startswith(begin)), b"")
    return bool(head) and wanted in tail
