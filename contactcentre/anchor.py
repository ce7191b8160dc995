"""The anchor: a file outside the database that keeps one line for every seal, and only ever grows.

Whoever can rewrite the whole database, seals and all, still cannot make it agree with this file. It is opened for
appending alone, so that it may lie on a medium, or carry an attribute, that forbids everything else.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cases.models import Seal

#: seals that are read, compared and appended at once
BATCH = 1_000
#: bytes at the end of the file in which its last line is looked for
TAIL = 65_536

#: gives the seals after a number, in their order, at most :data:`BATCH`
ReadAfter = Callable[[int], Sequence[Seal]]


class Differs(Exception):
    """The file names another history than the database, and nothing was appended to it."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the file says of one seal; the hash as it stands there."""

    number: int
    hash: str


def append(path: Path, read_after: ReadAfter) -> int:
    """Append every seal that the file lacks and wait until the disk has them; returns how many these were.

    What a crash kept from the file is so made up for at the next call. Raises :class:`Differs` where the file and the
    database do not tell the same history.
    """
    added = 0
    with _held(path) as file:
        last, torn = _last(file)
        while seals := read_after(last.number):
            if seals[0].number != last.number + 1 or seals[0].previous_hash.hex() != last.hash:
                raise Differs(f"seal {seals[0].number} does not follow line {last.number} of {path}")
            # A line that a crash cut short is ended, not removed: the file only grows.
            file.write(b"\n" if torn else b"")
            file.writelines(_written(seal) for seal in seals)
            file.flush()
            os.fsync(file.fileno())
            last, torn, added = Line(seals[-1].number, seals[-1].hash.hex()), False, added + len(seals)
        if not added and last.number and not _knows(read_after, last):
            raise Differs(f"{path} ends with a seal {last.number} that the database does not have")
    return added


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the file's seals; a line that a crash cut short says nothing. Raises ``FileNotFoundError``."""
    with path.open("rb") as file:
        for text in file:
            line = _read(text)
            if line is not None:
                yield line


def _written(seal: Seal) -> bytes:
    told = {
        "seal": seal.number,
        "at": seal.at.isoformat(),
        "events": seal.events,
        "last": [seal.last_xid, seal.last_id],
        "root": seal.root.hex(),
        "previous": seal.previous_hash.hex(),
        "hash": seal.hash.hex(),
    }
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _read(text: bytes) -> Line | None:
    try:
        told = json.loads(text)
        return Line(int(told["seal"]), str(told["hash"]))
    except (ValueError, KeyError, TypeError):
        return None


def _last(file: BinaryIO) -> tuple[Line, bool]:
    """Return the last whole line, or one before all seals, and whether the end of the file was cut short."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    *whole, rest = file.read().split(b"\n")
    for text in reversed(whole):
        line = _read(text)
        if line is not None:
            return line, bool(rest)
    if size > TAIL:
        raise Differs("the end of the anchor file holds no seal")
    return Line(0, bytes(32).hex()), bool(rest)


def _knows(read_after: ReadAfter, line: Line) -> bool:
    found = read_after(line.number - 1)
    return bool(found) and found[0].number == line.number and found[0].hash.hex() == line.hash


@contextmanager
def _held(path: Path) -> Iterator[BinaryIO]:
    """Open the file for appending, made where there is none; one process at a time."""
    fresh = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if fresh:
            _sync_folder(path.parent)
        yield file


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
