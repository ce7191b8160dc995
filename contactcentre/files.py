"""The file store: content-addressed, typed by its bytes, bounded in size.

Who may read a file is decided with its case.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cases.errors import Invalid, NotFound

LARGEST = 10 * 1024 * 1024
_CHUNK = 64 * 1024
_SNIFFED = 512
#: what may be kept, by its first bytes; nothing that a browser would run
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
)


@dataclass(frozen=True, slots=True)
class StoredContent:
    """What the store knows of a content. ``size`` is in bytes, ``media_type`` by what the bytes are."""

    sha256: str
    size: int
    media_type: str


class FileStore:
    """A folder of files, each under its SHA-256; the one class to replace for another kind of store."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, stream: BinaryIO) -> StoredContent:
        """Store a content once; raises ``Invalid`` for one that is empty, too large or of a kind that is not kept."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size, head = hashlib.sha256(), 0, b""
        with tempfile.NamedTemporaryFile(dir=self._root, delete=False) as file:
            temporary = Path(file.name)
            try:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > LARGEST:
                        raise Invalid(f"The file is larger than {LARGEST // 1024 // 1024} MB.", field="file")
                    head += chunk[: _SNIFFED - len(head)]
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                content = StoredContent(digest.hexdigest(), size, media_type(head))
                place = self._path(content.sha256)
                place.parent.mkdir(mode=0o700, exist_ok=True)
                temporary.replace(place)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        return content

    def open(self, sha256: str) -> BinaryIO:
        """Open a content for reading; raises ``NotFound``."""
        try:
            return self._path(sha256).open("rb")
        except OSError:
            raise NotFound("This file is not in the store.") from None

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not all(c in "0123456789abcdef" for c in sha256):
            raise NotFound("This file is not in the store.")
        return self._root / sha256[:2] / sha256


def media_type(head: bytes) -> str:
    """Return the type that the first bytes prove; raises ``Invalid`` for an empty file or a kind that is not kept."""
    if not head:
        raise Invalid("The file is empty.", field="file")
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if b"\x00" not in head and not head.lstrip().startswith((b"<", b"%!")):
        try:
            head.decode("utf-8", "strict") if len(head) < _SNIFFED else head[:-4].decode("utf-8", "ignore")
        except UnicodeDecodeError:
            raise Invalid(_KEPT, field="file") from None
        return "text/plain"
    raise Invalid(_KEPT, field="file")


_KEPT = "Only pictures (PNG, JPEG, GIF, TIFF), PDF and plain text are kept."
