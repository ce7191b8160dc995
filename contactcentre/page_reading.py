"""Reads pages of scans, each in a bounded process, and puts letters together once all of their pages are through."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from cases import clock
from cases.errors import NotFound
from cases.intake import Received
from cases.letters import keying, pages
from cases.letters.pages import Claimed, Whole, Words
from cases.messages import KeptFile
from cases.models import ScanPage
from channels.letters.apart import WORDS
from channels.letters.joining import JOIN, READ, entry_name
from contactcentre.bounded.reading import Reader, Unread
from contactcentre.container import Container
from contactcentre.db import Unavailable, UnitOfWork
from contactcentre.jobs import DRAIN

log = structlog.get_logger(__name__)
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Readers:
    """The two processes: one finds words on pages, one makes one file of pages."""

    words: Reader
    joins: Reader


@dataclass(frozen=True, slots=True)
class Made:
    """A letter put together: its pages as one file, and what their words say of it, by field."""

    pdf: KeptFile | None = None
    found: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def readers() -> Iterator[Readers]:
    """Give the processes, which end with the block; each starts when it is first needed."""
    with Reader(WORDS) as words, Reader(JOIN) as joins:
        yield Readers(words, joins)


def waits(container: Container) -> bool:
    """Tell whether there is something to do now."""
    with container.db.reader() as session:
        return pages.waits(session, now=clock.now(session))


def read_next(container: Container, reader: Reader) -> bool:
    """Read the page that waits for longest, with no transaction open meanwhile; False where none waits."""
    one = container.db.run(lambda uow: pages.claim(uow.session, now=clock.now(uow.session)))
    if one is None:
        return False
    try:
        found = _words(container, one, reader)
    except (Unread, NotFound) as error:
        log.warning("page.unread", page=one.id, attempt=one.attempt, error=type(error).__name__)
        # What is refused today is refused tomorrow; a process that ended may have been ended by something else.
        again = not isinstance(error, Unread) or error.again
        container.db.run(lambda uow: pages.fail(uow.session, one, again=again, at=clock.now(uow.session)))
        return True
    container.db.run(lambda uow: pages.read(uow.session, one, found))
    return True


def put_together(container: Container, reader: Reader) -> int:
    """Put letters together of which all pages are through; those that answer ours file themselves. Returns how many."""
    done: list[int] = []
    while (one := _whole(container, done)) is not None:
        done.append(one.id)
        try:
            made = _made(container, one, reader)
        except Unread:
            continue  # its process ended: the next turn tries again
        for account in _settled(container, one, made):
            container.jobs.nudge_soon(DRAIN, account)
    return len(done)


def _words(container: Container, one: Claimed, reader: Reader) -> Words:
    with container.files.local(one.picture_sha256) as place, reader.read(place) as found:
        if len(found.files) != 2:
            raise Unread("A page was read and its files are not there.")
        shown, pdf = (_kept(container, file) for file in found.files)
        return Words(found.values, shown, pdf)


def _whole(container: Container, done: Sequence[int]) -> Whole | None:
    with container.db.reader() as session:
        one = pages.whole(session, besides=done)
        if one is not None:
            session.expunge_all()
        return one


def _made(container: Container, one: Whole, reader: Reader) -> Made:
    """Put a letter's pages into one file; without it where that fails, for each page can still be seen by itself."""
    try:
        with tempfile.NamedTemporaryFile(prefix="letter-") as bundle:
            if not _bundle(container, one.pages, Path(bundle.name)):
                return Made()
            with reader.read(Path(bundle.name)) as found:
                return Made(_kept(container, found.files[0]), found.values["found"])
    except (Unread, NotFound, IndexError) as error:
        if isinstance(error, Unread) and error.again:
            raise
        log.warning("letter.not_joined", letter=one.id, error=type(error).__name__)
        return Made()


def _settled(container: Container, one: Whole, made: Made) -> tuple[str, ...]:
    """Let the letter file itself or wait to be keyed; returns the accounts with something to send. A fault of ours in
    filing one lets it wait too: the next letter must not wait behind it.
    """
    for alone in (True, False):
        try:
            received = container.db.run(lambda uow, alone=alone: _settle(uow, container, one, made, alone=alone))  # type: ignore[misc]
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, a person can still key the letter
            log.error("letter.not_settled", letter=one.id, error=type(error).__name__)
        else:
            return received.to_send if received else ()
    return ()


def _bundle(container: Container, read: Sequence[ScanPage], into: Path) -> int:
    """Write the files of pages one behind another, for a process that may read one file alone."""
    count = 0
    with tarfile.open(into, "w") as bundle:
        for page in read:
            sha256 = page.pdf_sha256 or page.shown_sha256 or page.picture_sha256
            if sha256 is None:
                continue
            name = entry_name(page.number, page.turn, pdf=page.pdf_sha256 is not None)
            _add(bundle, name, container.files.content(sha256))
            count += 1
        _add(bundle, READ, json.dumps([_told(page) for page in read]).encode())
    return count


def _add(bundle: tarfile.TarFile, name: str, content: bytes) -> None:
    told = tarfile.TarInfo(name)
    told.size = len(content)
    bundle.addfile(told, io.BytesIO(content))


def _told(page: ScanPage) -> dict[str, Any]:
    return {"text": page.text, "words": page.words, "width": page.width, "height": page.height}


def _settle(uow: UnitOfWork, container: Container, one: Whole, made: Made, *, alone: bool) -> Received | None:
    session, city = uow.session, container.city
    letter = pages.put_together(session, one, pdf=made.pdf, found=made.found, at=clock.now(session))
    if letter is None or letter.proves is None or not alone:
        return None
    return keying.file_itself(session, letter, city=city, answer=_answer(one.pages))


def _answer(read: Sequence[ScanPage]) -> str:
    """Return the words of an answer: our own letter, whose code it bears, is none of them where there is more."""
    own = [one.text for one in read if not any(code["kind"] == "reply" for code in one.codes)]
    return "\n\n".join(text for text in own if text.strip()) or "\n\n".join(one.text for one in read)


def _kept(container: Container, place: Path) -> KeptFile:
    with place.open("rb") as stream:
        content = container.files.keep(stream, largest=_LARGEST)
    return KeptFile(content.sha256, content.size, content.media_type, place.name)
