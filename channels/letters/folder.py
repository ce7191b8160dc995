"""The scan folder: what stands still there is moved aside, stored, and kept in ``done`` once that is committed.

Looked at again and again, for no file system tells of what other machines of a network share put there. Nothing is
ever removed. A file is known by its content, its number in the file system, its time and its name: these are the same
before and after it is moved, so whoever is killed between storing and moving stores it once, and a copy of it is
another scan.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from channels.base import SCANS, Inbox, Parcel
from channels.errors import AccountFault
from channels.letters import endings
from channels.letters.settings import PaperSettings

WORK, DONE = ".work", "done"
#: seconds between two looks
EVERY = 1.0
#: seconds that a file stands still which does not end as its kind does, before it is taken as it is
PATIENCE = 90.0
#: bytes of a file that are stored; of one with more its beginning
LARGEST, BEGINNING = 64 * 1024 * 1024, 256 * 1024
_PIECE = 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_IGNORED = {"thumbs.db", "desktop.ini"}
_MOST_TOLD = 5


class Unstable(Exception):
    """A file that changed while it was read: somebody still writes it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file looked. Two that are equal: nobody wrote it between."""

    inode: int
    size: int
    modified: int

    @property
    def place(self) -> str:
        """The folder of its own that it is moved into, beside others of its name."""
        return f"{self.inode:x}.{self.modified:x}"


@dataclass(slots=True)
class Watched:
    """What is known of a folder between two looks: since when, by our own clock, each file stands still."""

    still: dict[str, tuple[Stamp, float]] = field(default_factory=dict)
    told: str = ""


def watch(settings: PaperSettings, inbox: Inbox, stop: Callable[[], bool]) -> None:
    """Take what comes into the folder until told to stop; raises what is in the way of the folder."""
    place = _prepared(Path(settings.folder or ""))
    inbox.tell("")
    watched = Watched()
    while not stop():
        _prepared(place)
        look(place, watched, inbox, stable=settings.stable_seconds, now=time.monotonic(), stop=stop)
        _wait(stop)


def look(
    place: Path, watched: Watched, inbox: Inbox, *, stable: float, now: float, stop: Callable[[], bool] = lambda: False
) -> int:
    """Look once: finish what was begun, take what stands still, and tell what is left lying; returns how many."""
    odd: list[str] = []
    taken = 0
    for work in _begun(place):
        done = _finish(place, work, inbox)
        taken += done
        odd += [] if done else [f"what lies in {WORK}/{work.name} cannot be read, or is still written"]
    found: dict[str, tuple[Stamp, float]] = {}
    for name in sorted(os.listdir(place)):  # noqa: PTH208  names alone, links are not followed
        if name.startswith(".") or name == DONE or name.lower() in _IGNORED or stop():
            continue
        stamp = _stamp(place / name)
        if isinstance(stamp, str):
            odd.append(f"{_readable(name)} {stamp}")
            continue
        before, since = watched.still.get(name, (stamp, now))
        found[name] = (stamp, since if before == stamp else now)
        if _is_due(place / name, now - found[name][1], stable):
            taken += _take(place, name, stamp, inbox)
    watched.still = found
    _tell(inbox, watched, odd)
    return taken


def _prepared(place: Path) -> Path:
    """Make what is missing, and see that we may move files here."""
    try:
        for folder in (place, place / WORK, place / DONE):
            folder.mkdir(mode=0o770, parents=True, exist_ok=True)
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError
            # A link here would have us take or move what lies elsewhere.
            if folder != place and not stat.S_ISDIR(folder.lstat().st_mode):
                raise NotADirectoryError
    except OSError as error:
        words = f"The scan folder cannot be used ({type(error).__name__}). Let the listener read and write there."
        raise AccountFault("scan folder", agent_text=words) from None
    return place


def _stamp(path: Path) -> Stamp | str:
    """Return how a file looks, or what it is that is not taken."""
    try:
        found = path.lstat()
    except OSError:
        return "cannot be looked at"
    if stat.S_ISLNK(found.st_mode):
        return "is a link"
    if not stat.S_ISREG(found.st_mode):
        return "is a folder" if stat.S_ISDIR(found.st_mode) else "is no plain file"
    if found.st_nlink != 1:
        return "has a second name elsewhere (a hard link)"
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


def _is_due(path: Path, still: float, stable: float) -> bool:
    """Tell whether a file is taken: it stands still, and ends as its kind does, or has done so for long enough."""
    return still >= stable and (still >= max(PATIENCE, 2 * stable) or endings.is_whole(path, _FLAGS))


def _take(place: Path, name: str, stamp: Stamp, inbox: Inbox) -> bool:
    work = _begin(place, name, stamp)
    return work is not None and _finish(place, work, inbox)


def _begin(place: Path, name: str, stamp: Stamp) -> Path | None:
    """Move a file out of the scanner's reach; None where it is gone or somebody is quicker."""
    folder = place / WORK / stamp.place
    try:
        folder.mkdir(mode=0o770, exist_ok=True)
        (place / name).rename(folder / name)
    except OSError:
        return None
    return folder


def _begun(place: Path) -> Iterator[Path]:
    """Yield what was moved aside and not finished: by an earlier look, or by whoever was killed."""
    for folder in sorted((place / WORK).iterdir()):
        if folder.is_dir() and not folder.is_symlink():
            if any(folder.iterdir()):
                yield folder
            else:
                folder.rmdir()


def _finish(place: Path, folder: Path, inbox: Inbox) -> bool:
    """Store the file of a folder of its own, then move both into ``done``; False where that must wait."""
    name = next(iter(sorted(os.listdir(folder))))  # noqa: PTH208  a name alone
    try:
        with _opened(folder / name) as (file, stamp):
            key = _key(file, name, stamp)
            if inbox.missing([key]):
                inbox.take(_parcel(file, key, name, stamp))
    except (Unstable, OSError):
        return False
    folder.rename(_free(place / DONE / folder.name))
    return True


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, Stamp]]:
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError("no plain file")
        yield file, Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


def _key(file: BinaryIO, name: str, stamp: Stamp) -> str:
    """Return what names a file for ever; raises :class:`Unstable` where it is still written."""
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    now = os.fstat(file.fileno())
    if (now.st_size, now.st_mtime_ns) != (stamp.size, stamp.modified):
        raise Unstable
    file.seek(0)
    called = hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()
    return f"{digest.hexdigest()}.{stamp.inode:x}.{stamp.modified:x}.{called}"


def _parcel(file: BinaryIO, key: str, name: str, stamp: Stamp) -> Parcel:
    whole = stamp.size <= LARGEST
    content = file if whole else _beginning(file)
    return Parcel(key, SCANS, content, whole=whole, name=_readable(name), came_by="folder")


def _beginning(file: BinaryIO) -> BinaryIO:
    import io

    return io.BytesIO(file.read(BEGINNING))


def _free(place: Path) -> Path:
    """Return a place where nothing is; a number is given to a file again once another was removed from ``done``."""
    number, free = 1, place
    while free.exists():
        number += 1
        free = place.with_name(f"{place.name}.{number}")
    return free


def _readable(name: str) -> str:
    """Return a file's name as text, whatever bytes it has."""
    return os.fsencode(name).decode("utf-8", "replace")


def _tell(inbox: Inbox, watched: Watched, odd: list[str]) -> None:
    more = f" and {len(odd) - _MOST_TOLD} more" if len(odd) > _MOST_TOLD else ""
    told = f"Not taken from the scan folder: {'; '.join(odd[:_MOST_TOLD])}{more}." if odd else ""
    if told or watched.told:
        inbox.tell(told)
    watched.told = told


def _wait(stop: Callable[[], bool]) -> None:
    until = time.monotonic() + EVERY
    while not stop() and time.monotonic() < until:
        time.sleep(0.1)
