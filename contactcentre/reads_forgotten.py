"""The log of reads forgets what is older than the city keeps it."""

from __future__ import annotations

import structlog

from cases import clock, reads
from contactcentre.container import Container

log = structlog.get_logger(__name__)


def forget_reads(container: Container) -> int:
    """Forget old lines of the log; returns how many. Any number of tickers may do so."""
    days = container.city.limits.reads_kept_days
    forgotten = container.db.run(lambda uow: reads.forget(uow.session, days=days, at=clock.now(uow.session)))
    if forgotten:
        log.info("reads.forgotten", lines=forgotten, days=days)
    return forgotten
