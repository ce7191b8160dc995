"""Header fields as they stand, read leniently: no access raises, and the first of a repeated field counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from channels.email.charsets import decode
from channels.email.words import parameters, readable

#: what is longer is cut: nobody reads it, and some of it is made to be slow
_LONGEST, _MOST = 100_000, 5_000
_MOST_IDS = 500


class Headers:
    """The fields of one entity in their order, names in lower case."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self.fields = tuple(fields)
        self._first: dict[str, str] = {}
        for name, value in self.fields:
            self._first.setdefault(name, value)

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def raw(self, name: str) -> str:
        """Return a field as it stands, unfolded; empty where there is none."""
        return self._first.get(name, "")

    def text(self, name: str) -> str:
        """Return a field's readable text in one line; of several the first that says something."""
        return next((said for value in self.all(name) if (said := readable(value))), "")

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for one, value in self.fields if one == name)

    def parameters(self, name: str) -> tuple[str, dict[str, str]]:
        return parameters(self.raw(name))


def read(block: bytes) -> tuple[Headers, bool]:
    """Return the fields of a header block, and whether all of its lines were ones."""
    fields: list[tuple[str, list[str]]] = []
    clean = True
    for one in block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[: _MOST * 4]:
        line = decode(one, None)  # each by itself: some carry raw letters of different charsets
        if line[:1] in (" ", "\t"):
            if fields:
                fields[-1][1].append(line)
            continue
        name, colon, value = line.partition(":")
        if colon and name and " " not in name.rstrip() and len(name) < 200 and len(fields) < _MOST:
            fields.append((name.strip().lower(), [value]))
        elif line.strip():
            clean = False
    return Headers((name, _unfolded(lines)) for name, lines in fields), clean


def _unfolded(lines: list[str]) -> str:
    return "".join(lines)[:_LONGEST].strip()


def ids(text: str) -> tuple[str, ...]:
    """Return the message ids of a field without their brackets, in order, each once."""
    found, at = [], 0
    while (start := text.find("<", at)) >= 0 and (end := text.find(">", start)) >= 0:
        found.append("".join(text[start + 1 : end].split()))
        at = end + 1
    if not found:
        found = [word.strip("<>,;") for word in text.split() if "@" in word]
    every = list(dict.fromkeys(one for one in found if one))
    # the last are the nearest relatives, the first began the thread
    return tuple(every if len(every) <= _MOST_IDS else [*every[:10], *every[10 - _MOST_IDS :]])


def date(text: str) -> datetime | None:
    """Return a date with its offset; without one it is taken as UTC, an impossible one is None."""
    said = " ".join(text.split())[:200]
    if not said:
        return None
    try:
        at = parsedate_to_datetime(said)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return at
