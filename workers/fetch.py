"""Fetches what gateways hold for us: their lists of what citizens wrote, and the files that came with messages."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import structlog

from cases import clock
from cases import media as waiting
from cases.errors import Invalid
from cases.file_limits import FETCHED
from channels.base import HoldsMedia
from channels.media import MediaFault
from contactcentre import reconciliation
from contactcentre.container import Container
from contactcentre.files import StoredContent
from workers.deliver import container_in_use

log = structlog.get_logger(__name__)
RECONCILE = "workers.fetch.reconcile"
MEDIA = "workers.fetch.media"
#: after so many seconds the files that still wait make room in the queue
LONGEST = 20.0


def reconcile(account: str) -> int:
    """Compare an account's list with what we hold; returns how many messages had been missed."""
    container = container_in_use()
    container.jobs.started(RECONCILE, account)
    compared = reconciliation.reconcile(container, account, since=reconciliation.window(container))
    return compared.found if compared else 0


def media(account: str) -> int:
    """Fetch the files that wait at an account's gateway; returns how many are stored.

    After a while it goes behind what else waits in the queue: a slow gateway's pictures must not hold up answers.
    """
    container = container_in_use()
    container.jobs.started(MEDIA, account)
    stored, until = 0, time.monotonic() + LONGEST
    while taken := container.db.run(
        lambda uow: waiting.claim(uow.session, account=account, now=clock.now(uow.session))
    ):
        stored += sum(_fetch(container, account, one) for one in taken)
        if time.monotonic() > until:
            container.jobs.nudge(MEDIA, account)
            break
    return stored


def _fetch(container: Container, account: str, one: waiting.Waiting) -> bool:
    """Fetch one file with no transaction open, and record how it went."""
    try:
        found = _kept(container, account, one.url)
    except Exception as error:  # noqa: BLE001  whatever it is, it must not come back for ever nor stop the others
        fault = _in_words(error)
        told = log.warning if isinstance(error, MediaFault | Invalid) else log.error
        told("media.not_fetched", account=account, media_id=one.id, attempt=one.attempt, error=type(error).__name__)
        how: dict[str, Any] = {"reason": str(fault), "again": fault.again, "refused": fault.refused}
        container.db.run(lambda uow: waiting.fail(uow.session, one, at=clock.now(uow.session), **how))
        return False
    container.db.run(lambda uow: waiting.store(uow.session, one, at=clock.now(uow.session), **asdict(found)))
    return True


def _kept(container: Container, account: str, url: str) -> StoredContent:
    channel = container.accounts.get(account)
    if not isinstance(channel, HoldsMedia):
        raise MediaFault("An administrator has to mend the account; it is tried again.", again=True)
    with channel.fetch(url) as stream:
        return container.files.keep(stream, largest=FETCHED)


def _in_words(error: Exception) -> MediaFault:
    if isinstance(error, MediaFault):
        return error
    if isinstance(error, Invalid):
        return MediaFault(str(error), refused=True)
    return MediaFault("It could not be kept; it is tried again.", again=True)
