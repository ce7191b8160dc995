"""Reads what sources held (mails, scans), each in a bounded process, and applies what it means."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import structlog

from channels.base import Reads
from contactcentre import parcels
from contactcentre.bounded.reading import Reader
from contactcentre.container import Container
from contactcentre.jobs import READ
from contactcentre.parcels import Claimed
from workers.deliver import container_in_use

log = structlog.get_logger(__name__)
Given = TypeVar("Given")
Made = TypeVar("Made")
#: after so many seconds what still waits makes room in the queue
LONGEST = 30.0
#: so many are claimed at once; if each takes its longest, the lease still holds
TOGETHER = 8


def read(account: str) -> int:
    """Read what waits of an account; returns how many were applied. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(READ, account)
    channel = container.accounts.get(account)
    if not isinstance(channel, Reads):
        log.error("read.no_account", account=account)
        return 0
    with Reader(channel.reader) as reader, ThreadPoolExecutor(1) as pool:
        found = _one_ahead(_waiting(container, account), lambda one: parcels.read(container, one, reader), pool)
        return sum(parcels.settle(container, one) for one in found)


def _waiting(container: Container, account: str) -> Iterator[Claimed]:
    until = time.monotonic() + LONGEST
    while some := container.db.run(lambda uow: parcels.claim(uow.session, account=account, most=TOGETHER)):
        yield from some
        if time.monotonic() > until:
            container.jobs.nudge(READ, account)
            return


def _one_ahead(given: Iterable[Given], work: Callable[[Given], Made], pool: ThreadPoolExecutor) -> Iterator[Made]:
    """Yield what comes of each in order, while the next is worked on already; never more, for one can be large."""
    before: Future[Made] | None = None
    for one in given:
        coming = pool.submit(work, one)
        if before is not None:
            yield before.result()
        before = coming
    if before is not None:
        yield before.result()
