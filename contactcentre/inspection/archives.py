"""Archives, in a bounded process: judged by their directories alone; nothing is unpacked but archives within them."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import BinaryIO

from cases import file_limits as limits

_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
#: bytes of one line of a directory, name and extra fields included, on average at most
_LINE = 600
_BROKEN = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, zipfile.LargeZipFile)
_NESTED = (".zip", ".jar", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp")
_MANY = f"The archive has more than {limits.ARCHIVE_ENTRIES} entries."
_DEEP = f"The archive has archives within archives, more than {limits.ARCHIVE_DEPTH} deep."
_LARGE = f"The archive would unpack to more than {limits.ARCHIVE_UNPACKED // limits.MIB} MB."
_DENSE = f"The archive would unpack to more than {limits.ARCHIVE_RATIO} times its size."
_OVERLAPS = "The archive's entries lie over one another."
_LEADS_OUT = "The archive has an entry that leads out of its folder."
_LINKS = "The archive has a link among its entries."


class _Found(Exception):
    """A limit that an archive breaks, in words."""


def look(source: Path) -> str | None:
    """Return what is wrong with an archive, or None. One that cannot be read is no danger: nobody can unpack it."""
    try:
        with source.open("rb") as stream:
            _judge(stream, source.stat().st_size, depth=1, left=[limits.ARCHIVES_WITHIN, limits.ARCHIVE_UNPACKED])
    except _Found as error:
        return str(error)
    except _BROKEN:
        return None
    return None


def _judge(stream: BinaryIO, size: int, *, depth: int, left: list[int]) -> None:
    """``left``: how many archives may still be looked into, and to how many bytes everything may still unpack."""
    _directory(stream, size)
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        _entries(entries, size)
        unpacked = sum(one.file_size for one in entries)
        left[1] -= unpacked
        if left[1] < 0:
            raise _Found(_LARGE)
        if unpacked > limits.ARCHIVE_SMALL and unpacked > size * limits.ARCHIVE_RATIO:
            raise _Found(_DENSE)
        for entry in entries:
            _within(archive, entry, depth=depth, left=left)


def _directory(stream: BinaryIO, size: int) -> None:
    """Look at the directory's own size before it is read."""
    tail = min(size, _END_SIZE + _LONGEST_COMMENT)
    stream.seek(size - tail)
    last = stream.read(tail)
    at = last.rfind(_END)
    if at < 0 or len(last) < at + _END_SIZE:
        raise zipfile.BadZipFile
    count, length = int.from_bytes(last[at + 10 : at + 12], "little"), int.from_bytes(last[at + 12 : at + 16], "little")
    if count > limits.ARCHIVE_ENTRIES or length > limits.ARCHIVE_ENTRIES * _LINE:
        raise _Found(_MANY)


def _entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > limits.ARCHIVE_ENTRIES:
        raise _Found(_MANY)
    if sum(one.compress_size for one in entries) > size:
        raise _Found(_OVERLAPS)
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
            raise _Found(_LEADS_OUT)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _Found(_LINKS)


def _within(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, depth: int, left: list[int]) -> None:
    if not entry.filename.lower().endswith(_NESTED) or entry.flag_bits & 0x1:
        return
    left[0] -= 1
    if left[0] < 0:
        raise _Found(f"The archive has more than {limits.ARCHIVES_WITHIN} archives within it.")
    if depth == limits.ARCHIVE_DEPTH:
        raise _Found(_DEEP)
    with archive.open(entry) as stream:
        content = stream.read(limits.ARCHIVE_WITHIN + 1)
    if len(content) > limits.ARCHIVE_WITHIN:
        return
    try:
        _judge(io.BytesIO(content), len(content), depth=depth + 1, left=left)
    except _BROKEN:
        return
