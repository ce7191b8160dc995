"""Whether the virus scanner is there: asked by the ticker, told to monitors, to doctor and in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, inspections
from cases.models import Lease
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.scanning.errors import ScannerAway

log = structlog.get_logger(__name__)
NAME = "scanner"
_THERE, _AWAY = "there", "away"
#: one that did not answer is given so long before a content is sent to it again; then it is only asked for its name
PAUSE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Watched:
    """How the scanner stands. ``since``: the oldest content that waits for it, None where none waits."""

    there: bool
    asked_at: datetime
    since: datetime | None


def ready(session: Session, container: Container) -> bool:
    """Tell whether contents may be sent to it now: there is one, and it did not fail within the last minute."""
    if container.scanner is None:
        return False
    row = session.get(Lease, NAME)
    return row is None or row.holder == _THERE or row.until <= clock.now(session)


def note(uow: UnitOfWork, *, there: bool) -> None:
    """Remember how it stands; who sees it change says so in the log, once."""
    at = clock.now(uow.session)
    before = uow.session.scalar(select(Lease.holder).where(Lease.name == NAME).with_for_update())
    row = {"name": NAME, "holder": _THERE if there else _AWAY, "until": at + PAUSE, "seen_at": at}
    uow.session.execute(insert(Lease).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
    if not there and before != _AWAY:
        uow.after_commit(lambda: log.error("scanner.alarm", reason="away"))
    elif there and before == _AWAY:
        uow.after_commit(lambda: log.info("scanner.alarm_over"))


def watch(container: Container) -> bool | None:
    """Ask the scanner whether it is there; None where none is configured."""
    if container.scanner is None:
        return None
    try:
        container.scanner.ping()
        there = True
    except ScannerAway:
        there = False
    container.db.run(lambda uow: note(uow, there=there))
    return there


def last(session: Session, container: Container) -> Watched | None:
    """Return how it stood when it was asked last; None where none is configured, or it was not asked yet."""
    row = session.get(Lease, NAME) if container.scanner is not None else None
    if row is None:
        return None
    return Watched(row.holder == _THERE, row.seen_at, inspections.oldest_pending(session))
