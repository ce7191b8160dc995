"""Mail of the shared test data and what is known of it, in two halves by the hash of a file's name. Rules are made
while looking at one half alone; the other shows how much they are worth elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from channels.email.mail import Mail
from channels.email.reading import parse
from tests.routing.shared import shared

HALVES = ("looked at", "not looked at")
Entry = dict[str, Any]


def half(name: str) -> str:
    """Return to which half a file belongs."""
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


@cache
def folder() -> Path:
    """Return where the mails stand; raises :class:`tests.routing.shared.NoSharedData`."""
    return shared("email/expected.json").parent


def entries(name: str = "expected.json") -> list[Entry]:
    found: list[Entry] = json.loads((folder() / name).read_text(encoding="utf-8"))
    return found


def raw(entry: Entry) -> bytes:
    return (folder() / entry["file"]).read_bytes()


def mails(*, lone: bool = True, only: str | None = None) -> Iterator[tuple[Entry, Mail]]:
    """Give every mail, or those of one half, with what is known of it."""
    for entry in entries():
        if only in (None, half(entry["file"])):
            yield entry, parse(raw(entry), lone=lone)
