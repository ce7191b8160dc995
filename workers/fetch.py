"""Fetches what gateways hold for us: their lists of what citizens wrote, and the files that came with messages."""

from __future__ import annotations

import structlog

from cases import clock
from cases import media as waiting
from cases.errors import Invalid
from channels.base import HoldsMedia
from channels.media import MediaFault
from contactcentre import reconciliation
from contactcentre.container import Container
from workers.deliver import container_in_use

log = structlog.get_logger(__name__)
RECONCILE = "workers.fetch.reconcile"
MEDIA = "workers.fetch.media"


def reconcile(account: str) -> int:
    """Compare an account's list with what we hold; returns how many messages had been missed."""
    container = container_in_use()
    container.jobs.started(RECONCILE, account)
    compared = reconciliation.reconcile(container, account, since=reconciliation.window(container))
    return compared.found if compared else 0


def media(account: str) -> int:
    """Fetch the files that wait at an account's gateway; returns how many are stored."""
    container = container_in_use()
    container.jobs.started(MEDIA, account)
    channel = container.accounts.get(account)
    if not isinstance(channel, HoldsMedia):
        return 0
    stored = 0
    while taken := container.db.run(
        lambda uow: waiting.claim(uow.session, account=account, now=clock.now(uow.session))
    ):
        stored += sum(_fetch(container, channel, one) for one in taken)
    return stored


def _fetch(container: Container, channel: HoldsMedia, one: waiting.Waiting) -> bool:
    """Fetch one file with no transaction open, and record how it went."""
    try:
        with channel.fetch(one.url) as stream:
            found = container.files.put(stream)
    except Exception as error:  # noqa: BLE001  whatever it is, it must not come back for ever nor stop the others
        known = isinstance(error, MediaFault | Invalid)
        reason = str(error) if known else "It could not be kept; it is tried again."
        again = getattr(error, "again", not known)
        if not known:
            log.error("media.failed", media_id=one.id, error=type(error).__name__)
        container.db.run(
            lambda uow: waiting.fail(uow.session, one, reason=reason, again=again, at=clock.now(uow.session))
        )
        return False
    container.db.run(
        lambda uow: waiting.store(
            uow.session,
            one,
            sha256=found.sha256,
            size=found.size,
            media_type=found.media_type,
            at=clock.now(uow.session),
        )
    )
    return True
