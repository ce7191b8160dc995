"""Seals what was committed, and copies every seal to the anchor file and to the log, out of the database's reach."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from cases import clock, seals
from cases.models import Seal
from contactcentre import anchor
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

log = structlog.get_logger(__name__)
#: seals made in one turn, so that a long backlog does not keep the ticker from its other duties
MOST_SEALS = 20


def seal_waiting(container: Container) -> int:
    """Seal the events that wait, then bring the anchor file up to date; returns how many seals were made."""
    made = 0
    try:
        while made < MOST_SEALS and (seal := container.db.run(_seal_next)) is not None:
            made += 1
            log.info("seal.made", number=seal.number, events=seal.events, hash=seal.hash.hex())
    except seals.Renumbered as error:
        log.error("seal.renumbered", reason=str(error))
    # Not only after a new seal: a crash may have come between the last one and its line.
    try:
        anchor.append(container.settings.audit_anchor, lambda number: read_after(container, number))
    except anchor.Differs as error:
        log.error("anchor.differs", reason=str(error))
    return made


def read_after(container: Container, number: int) -> Sequence[Seal]:
    """Return the next seals after a number, a batch at most."""
    with container.db.reader() as session:
        return seals.seals_after(session, number, limit=anchor.BATCH)


def _seal_next(uow: UnitOfWork) -> Seal | None:
    return seals.seal_next(uow.session, at=clock.now(uow.session))
