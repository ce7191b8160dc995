"""Reads what strangers sent in another process, bounded in time and memory, without network and without our files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import contactcentre
from contactcentre.bounded.child import VALUES

#: what a reading may leave behind, in bytes and in files
LARGEST, MOST = 300 * 1024 * 1024, 2000
_LARGEST_VALUES = 64 * 1024 * 1024


class Unread(Exception):
    """It could not be read; the words say why, for agents. ``again``: another try may succeed."""

    def __init__(self, words: str, *, again: bool = False) -> None:
        super().__init__(words)
        self.again = again


@dataclass(frozen=True, slots=True)
class Reading:
    """What the function returned, and the files that it left, by their names."""

    values: dict[str, Any]
    files: tuple[Path, ...]


class Reader:
    """A process that reads with one function, ``package.module:function``, called with the path of the source and a
    folder for files; one thing at a time. A context: it ends with the block. With the seconds that ending a process
    takes, nothing is read for longer than 20.
    """

    def __init__(self, function: str, *, seconds: float = 18, megabytes: int = 512) -> None:
        self._function, self._bounds = function, {"seconds": seconds, "megabytes": megabytes}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    @contextmanager
    def read(self, source: Path) -> Iterator[Reading]:
        """Give what the function read; its files are there until the block ends. Raises :class:`Unread`."""
        with tempfile.TemporaryDirectory(prefix="reading-") as folder:
            into = Path(folder)
            ended = self._ask({"source": str(source), "into": folder, **self._bounds})
            if ended == "refused":
                raise Unread(str(_values(into)["refused"]))
            if ended != "read":
                raise Unread(*_WORDS[ended])
            yield Reading(_values(into), _files(into))

    def _ask(self, told: dict[str, object]) -> str:
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        line = b""
        with suppress(OSError):
            process.stdin.write(json.dumps(told).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:  # it died as a whole: the next thing gets a new one
            self.close()
            raise Unread("The process that reads ended; it is tried again.", again=True)
        return str(json.loads(line)["ended"])

    def _started(self) -> subprocess.Popen[bytes]:
        # Nothing of our environment: secrets stand there.
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
        root = Path(contactcentre.__path__[0]).parent
        return subprocess.Popen(
            [sys.executable, "-s", "-m", "contactcentre.bounded.child", self._function],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=environment,
        )  # fmt: skip


_WORDS = {
    "late": ("It takes too long to read.",),
    "large": ("It takes too much memory to read.",),
    "broken": ("It cannot be read: it is broken in a way that is not known here.",),
}


def _values(into: Path) -> dict[str, Any]:
    place = into / VALUES
    if place.stat().st_size > _LARGEST_VALUES:
        raise Unread(*_WORDS["large"])
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def _files(into: Path) -> tuple[Path, ...]:
    found = sorted(one for one in into.iterdir() if one.name != VALUES)
    # A link would lead out of the folder, whoever made it.
    if len(found) > MOST or any(one.is_symlink() or not one.is_file() for one in found):
        raise Unread(*_WORDS["broken"])
    if sum(one.stat().st_size for one in found) > LARGEST:
        raise Unread(*_WORDS["large"])
    return tuple(found)
