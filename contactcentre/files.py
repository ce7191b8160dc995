"""The file store: content-addressed, typed by its bytes, bounded in size.

Who may read a file is decided with its case.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cases.errors import Invalid, NotFound
from cases.file_limits import UPLOADED
from contactcentre.inspection.kinds import SNIFFED, kind_of
from contactcentre.inspection.uploads import kind_of_upload

LARGEST = UPLOADED
_CHUNK = SNIFFED


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

    def put(self, stream: BinaryIO, *, name: str = "") -> StoredContent:
        """Store what an agent sends under this name; raises ``Invalid`` for what is empty, too large or of a kind that
        is not kept.
        """
        return self._stored(stream, LARGEST, partial(kind_of_upload, name=name))

    def keep(self, stream: BinaryIO, *, largest: int) -> StoredContent:
        """Store whatever it is, as evidence of what came; raises ``Invalid`` where it is larger, in bytes."""
        return self._stored(stream, largest, kind_of)

    def _stored(self, stream: BinaryIO, largest: int, typed: Callable[[bytes], str]) -> StoredContent:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size, head = hashlib.sha256(), 0, b""
        with tempfile.NamedTemporaryFile(dir=self._root, delete=False) as file:
            temporary = Path(file.name)
            try:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > largest:
                        raise Invalid(f"The file is larger than {largest // 1024 // 1024} MB.", field="file")
                    head += chunk[: SNIFFED - len(head)]
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                content = StoredContent(digest.hexdigest(), size, typed(head))
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

    def content(self, sha256: str) -> bytes:
        """Return a content as a whole; raises ``NotFound``."""
        with self.open(sha256) as stream:
            return stream.read()

    def kind(self, sha256: str) -> str:
        """Return the media type of a content by what its bytes are; raises ``NotFound``."""
        with self.open(sha256) as stream:
            return kind_of(stream.read(SNIFFED))

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        """Give a content as a file of this machine, to read; raises ``NotFound``."""
        place = self._path(sha256)
        if not place.is_file():
            raise NotFound("This file is not in the store.")
        yield place

    def remove(self, sha256: str) -> None:
        """Remove a content that nothing holds any more; nothing where it is not there."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not all(c in "0123456789abcdef" for c in sha256):
            raise NotFound("This file is not in the store.")
        return self._root / sha256[:2] / sha256
