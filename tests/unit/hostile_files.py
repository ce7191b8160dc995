"""Files that harm whoever opens them carelessly, made here; none of them is larger than some megabytes."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable


def png(width: int, height: int, *, pixels: bytes = b"") -> bytes:
    """A picture whose header says so; without pixels it is cut off."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels or b"x") + _chunk(b"IEND", b"")


def real_bomb(width: int, height: int) -> bytes:
    """A picture with all the pixels that its header tells of, all of them black."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width * 3)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png(width, height, pixels=packed)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def archive(entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", how, compresslevel=9) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return written.getvalue()


def dense(megabytes: int = 100) -> bytes:
    return archive({"a.txt": bytes(megabytes * 1024 * 1024)})


def lying(size: int) -> bytes:
    """An archive whose directory tells of more than it holds."""
    made = bytearray(archive({"a.txt": b"x"}))
    at = made.rindex(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(made)


def overlapping(times: int = 200) -> bytes:
    """Many lines of a directory that all mean the same bytes."""
    one = archive({"a.bin": bytes(range(256)) * 40}, zipfile.ZIP_STORED)
    at, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    lines = one[at:end] * times
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, times, times, len(lines), at, 0)
    return one[:at] + lines + tail


def many(count: int) -> bytes:
    """So many entries of nothing, as a directory names them."""
    one = archive({"000000": b""}, zipfile.ZIP_STORED)
    at, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    line = one[at:end]
    lines = b"".join(line.replace(b"000000", b"%06d" % number) for number in range(count))
    told = min(count, 0xFFFF)
    return one[:at] + lines + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, told, told, len(lines), at, 0)


def nested(depth: int) -> bytes:
    found = archive({"a.txt": b"x"})
    for _ in range(depth - 1):
        found = archive({"inner.zip": found})
    return found


def wide(count: int) -> bytes:
    return archive({f"{number}.zip": archive({"a": b"x"}) for number in range(count)})


def link() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        entry = zipfile.ZipInfo("photo.jpg")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    return written.getvalue()


def office_bomb() -> bytes:
    parts = {"[Content_Types].xml": b"<x/>", "_rels/.rels": b"<x/>", "word/document.xml": bytes(120 * 1024 * 1024)}
    return archive(parts)


#: what it is, how it is made, and a word of why it is kept aside
ASIDE: dict[str, tuple[Callable[[], bytes], str]] = {
    "65,000 times 65,000 pixels by its header": (lambda: png(65_000, 65_000), "65000 times 65000 pixels"),
    "100 MB out of 100 KB": (dense, "200 times its size"),
    "more than it may unpack to": (lambda: lying(4_000_000_000), "more than 512 MB"),
    "entries over one another": (overlapping, "over one another"),
    "30,000 entries": (lambda: many(30_000), "more than 10000 entries"),
    "600,000 entries": (lambda: many(600_000), "more than 10000 entries"),
    "ten archives deep": (lambda: nested(10), "more than 3 deep"),
    "very many archives": (lambda: wide(120), "more than 100 archives"),
    "a link": (link, "a link"),
    "a way out": (lambda: archive({"../../etc/cron.d/x": b"x"}), "leads out"),
    "a way out to the root": (lambda: archive({"/etc/x": b"x"}), "leads out"),
    "a way out for Windows": (lambda: archive({"C:\\x": b"x"}), "leads out"),
    "a word processor's bomb": (office_bomb, "200 times its size"),
}
