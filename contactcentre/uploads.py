"""Uploaded bytes as files of a configuration: an archive of the folder, or single files. Pure, and bounded."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from cases.errors import Invalid
from config import loader
from config.loader import FOLDERS, NOT_OURS, ORGANISATION, PLACES, Faulty
from contactcentre.configurations import MARK

#: bytes that may be sent at once, that one file may have, and that all of an archive may unpack to
LARGEST_UPLOAD, LARGEST_FILE, LARGEST_WHOLE = 4 * 1024 * 1024, 1024 * 1024, 8 * 1024 * 1024
MOST_FILES = 400
LONGEST_NAME = 120
ALLOWED = f"allowed: {ORGANISATION}, {', '.join(f'{one}/*.toml' for one in FOLDERS)}, {PLACES}/*.csv"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive's files by their paths in the folder; ``mark`` is the exported folder's own, if it holds one."""

    files: Mapping[str, str]
    mark: str = ""


def archive(packed: bytes) -> Unpacked:
    """Read an archive of the folder; a single folder around everything is taken off.

    Raises :class:`config.loader.Faulty` with every file that cannot be taken, and ``Invalid`` for what is no archive.
    """
    if len(packed) > LARGEST_UPLOAD:
        raise Invalid(f"The archive is too large; at most {_mib(LARGEST_UPLOAD)} can be sent.", field="archive")
    try:
        return _unpacked(packed)
    except Faulty:
        raise
    except _BROKEN:
        raise Invalid("This is no zip archive that can be read; pack the folder again.", field="archive") from None


def single(files: Iterable[tuple[str, bytes]], *, folder: str) -> dict[str, str]:
    """Read files that were sent one by one into ``folder`` (empty: beside organisation.toml).

    Lists of places and the organisation's own file know where they belong. Raises :class:`config.loader.Faulty`.
    """
    faults: list[str] = []
    every = [(_placed(name, folder), packed) for name, packed in files]
    _too_many(len(every), sum(len(packed) for _, packed in every), faults)
    found = {name: _text(name, packed, faults) for name, packed in every if _fine(name, faults)}
    if len({name for name, _ in every}) < len(every):
        faults.append("(upload): two files have the same name; send them one after the other")
    if faults:
        raise Faulty(sorted(faults))
    return found


def name_faults(name: str) -> list[str]:
    """Return what is wrong with the path of a file in the folder."""
    faults: list[str] = []
    _fine(name, faults)
    return faults


def _unpacked(packed: bytes) -> Unpacked:
    faults: list[str] = []
    with zipfile.ZipFile(io.BytesIO(packed)) as zipped:
        entries = [one for one in zipped.infolist() if not one.is_dir() and not _by_the_way(one.filename)]
        _too_many(len(entries), 0, faults)
        if faults:
            raise Faulty(faults)
        around = _around([one.filename for one in entries])
        found, mark = _taken(zipped, entries, around, faults)
    if faults:
        raise Faulty(sorted(faults))
    return Unpacked(found, mark)


def _taken(
    zipped: zipfile.ZipFile, entries: Iterable[zipfile.ZipInfo], around: str, faults: list[str]
) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    left, mark = LARGEST_WHOLE, ""
    for entry in entries:
        name = entry.filename.removeprefix(around)
        if name in found:
            faults.append(f"{name}: (file): stands twice in the archive; pack the folder again")
        elif name == MARK:
            mark = _bytes(zipped, entry).decode(errors="replace")
        elif _fine(name, faults) and _plain(name, entry, faults):
            data = _bytes(zipped, entry)
            left -= len(data)
            if left < 0:
                faults.append(f"(archive): unpacks to more than {_mib(LARGEST_WHOLE)}; nothing beyond is read")
                break
            found[name] = _text(name, data, faults)
    return found, mark


def _bytes(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read one byte more than may be: what an archive says of its own sizes is not believed."""
    with zipped.open(entry) as stream:
        return stream.read(LARGEST_FILE + 1)


def _plain(name: str, entry: zipfile.ZipInfo, faults: list[str]) -> bool:
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        faults.append(f"{name}: (file): is a link or a device; put the file itself into the archive")
    elif entry.flag_bits & _ENCRYPTED:
        faults.append(f"{name}: (file): is encrypted; pack the folder without a password")
    else:
        return True
    return False


def _text(name: str, packed: bytes, faults: list[str]) -> str:
    if len(packed) > LARGEST_FILE:
        faults.append(f"{name}: (file): is larger than {_mib(LARGEST_FILE)}; divide it")
    elif b"\x00" in packed:
        faults.append(f"{name}: (file): is no text; save it as plain text in UTF-8")
    return packed.decode(errors="replace")


def _fine(name: str, faults: list[str]) -> bool:
    """Tell whether a path stays in the folder and names a file that is read there; notes why not."""
    parts = name.split("/")
    if "\\" in name or ":" in name or {"", ".", ".."} & {*parts}:
        faults.append(f"{name[:LONGEST_NAME]!r}: (file): leads out of the folder; {ALLOWED}")
    elif not name.isprintable() or len(name) > LONGEST_NAME:
        faults.append(
            f"{name[:LONGEST_NAME]!r}: (file): is no name for a file here; write at most {LONGEST_NAME} letters"
        )
    elif not _read(name):
        faults.append(f"{name}: (file): is not read; {ALLOWED}")
    else:
        return True
    return False


def _read(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        name == ORGANISATION or loader.is_places(name) or path.parent.as_posix() in FOLDERS and path.suffix == ".toml"
    )


def _by_the_way(name: str) -> bool:
    """Tell whether a file of the archive is of no account: what desktops add, and what the folder holds besides."""
    parts = name.split("/")
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts) and parts[-1] != MARK
    return hidden or parts[0] == "__MACOSX" or parts[-1] in NOT_OURS


def _around(names: list[str]) -> str:
    first = next((one.partition("/")[0] for one in names if one.endswith(f"/{ORGANISATION}")), "")
    around = f"{first}/"
    return (
        around if first and f"{around}{ORGANISATION}" in names and all(one.startswith(around) for one in names) else ""
    )


def _placed(name: str, folder: str) -> str:
    plain = PurePosixPath(name.replace("\\", "/")).name
    if plain == ORGANISATION:
        return plain
    where = PLACES if plain.endswith(".csv") else folder
    return f"{where}/{plain}" if where else plain


def _too_many(count: int, size: int, faults: list[str]) -> None:
    if count > MOST_FILES:
        faults.append(f"(upload): has {count} files; at most {MOST_FILES} are read")
    if size > LARGEST_WHOLE:
        faults.append(f"(upload): is larger than {_mib(LARGEST_WHOLE)}; send fewer files at once")


def _mib(size: int) -> str:
    return f"{size // (1024 * 1024)} MiB"
