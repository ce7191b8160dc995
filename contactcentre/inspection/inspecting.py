"""Inspects one stored content: looks into it in a bounded process, and asks the virus scanner."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import structlog

from cases import clock, inspections
from cases.errors import NotFound
from cases.file_limits import LOOK_MEGABYTES, LOOK_SECONDS
from cases.inspections import Claimed, Preview
from contactcentre.bounded.reading import Reader, Reading, Unread
from contactcentre.container import Container
from contactcentre.inspection.apart import LOOK
from contactcentre.scanning import watching
from contactcentre.scanning.errors import CannotScan, ScannerAway

log = structlog.get_logger(__name__)
#: a content that the scanner cannot read, or that is not in the store, is tried again after this
AGAIN, SOON = timedelta(hours=1), timedelta(seconds=30)


def reader() -> Reader:
    """Return the process that looks into files, with its bounds."""
    return Reader(LOOK, seconds=LOOK_SECONDS, megabytes=LOOK_MEGABYTES)


def claim(container: Container) -> Claimed | None:
    """Take the next content that waits."""
    return container.db.run(
        lambda uow: inspections.claim(
            uow.session, scanning=watching.ready(uow.session, container), now=clock.now(uow.session)
        )
    )


def waits(container: Container) -> bool:
    """Tell whether something is to be inspected now."""
    with container.db.reader() as session:
        scanning = watching.ready(session, container)
        return inspections.waits(session, scanning=scanning, now=clock.now(session))


def inspect(container: Container, one: Claimed, looker: Reader) -> None:
    """Do what is to be done with a content, with no transaction open meanwhile, and record it."""
    try:
        with container.files.local(one.sha256) as place:
            if one.look:
                _look(container, one.sha256, place, looker)
            if one.scan:
                _scan(container, one.sha256, place)
    except NotFound:
        log.error("inspection.no_content", sha256=one.sha256)
        _put_off(container, one.sha256, AGAIN)


def _look(container: Container, sha256: str, place: Path, looker: Reader) -> None:
    trouble: str | None
    try:
        with looker.read(place) as found:
            trouble, preview = found.values.get("trouble"), _preview(container, found)
    except Unread as error:
        if error.again:
            _put_off(container, sha256, SOON)
            return
        log.warning("inspection.kept_aside", sha256=sha256)
        trouble, preview = str(error), None
    container.db.run(
        lambda uow: inspections.looked(uow.session, sha256, trouble=trouble, preview=preview, at=clock.now(uow.session))
    )


def _preview(container: Container, found: Reading) -> Preview | None:
    if not found.files:
        return None
    with found.files[0].open("rb") as stream:
        content = container.files.put(stream)
    sides = int(found.values["width"]), int(found.values["height"])
    return Preview(content.sha256, content.size, content.media_type, *sides)


def _scan(container: Container, sha256: str, place: Path) -> None:
    assert container.scanner is not None
    try:
        with place.open("rb") as stream:
            infected = container.scanner.scan(stream)
    except ScannerAway:
        container.db.run(lambda uow: watching.note(uow, there=False))
        _put_off(container, sha256, SOON)
        return
    except CannotScan as error:
        log.warning("inspection.cannot_scan", sha256=sha256)
        _put_off(container, sha256, AGAIN, note=str(error))
        return
    if infected is not None:
        log.error("security.infected_file", sha256=sha256, found=infected)
    container.db.run(lambda uow: inspections.scanned(uow.session, sha256, infected=infected, at=clock.now(uow.session)))


def _put_off(container: Container, sha256: str, by: timedelta, *, note: str | None = None) -> None:
    container.db.run(lambda uow: inspections.put_off(uow.session, sha256, until=clock.now(uow.session) + by, note=note))
