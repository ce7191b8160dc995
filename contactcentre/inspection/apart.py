"""Looks into one file, in a process of its own: plain values come back, and a preview beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contactcentre.inspection import archives, kinds, pictures

LOOK = "contactcentre.inspection.apart:look"


def look(source: Path, into: Path) -> dict[str, Any]:
    """Return ``trouble`` where the file breaks a limit, ``width`` and ``height`` where ``into`` has its preview."""
    with source.open("rb") as stream:
        kind = kinds.kind_of(stream.read(kinds.SNIFFED))
    if kind in kinds.PICTURES:
        return pictures.look(source, into, kinds.PICTURES[kind])
    if kind in kinds.ARCHIVES:
        return {"trouble": archives.look(source)}
    return {}
