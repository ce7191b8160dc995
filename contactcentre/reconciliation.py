"""Compares a gateway's own list with what we hold, and takes in what its callbacks did not bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, intake
from cases.messages import InboundMessage
from cases.models import Lease
from channels.base import Lists
from channels.errors import SendError
from contactcentre.container import Container

log = structlog.get_logger(__name__)
EVERY = timedelta(hours=1)
#: how far back a regular comparison looks: twice the time between two, and what a long outage may have taken
LOOKBACK = timedelta(hours=13)
_NAME = "reconcile:{account}"


@dataclass(frozen=True, slots=True)
class Compared:
    """What one account's list held: ``found`` were taken in now; ``failed`` could not be; None: it has no list."""

    account: str
    listed: int
    found: int
    failed: int
    fault: str | None = None


def reconcile(container: Container, account: str, *, since: datetime) -> Compared | None:
    """Take in everything on an account's list that is not here; each message in a transaction of its own.

    One that cannot be applied stays at the gateway and is met again next time. None where the gateway has no list.
    """
    channel = container.accounts.get(account)
    if not isinstance(channel, Lists):
        return None
    listed = found = failed = 0
    try:
        for message in channel.inbox(since):
            listed += 1
            new = _take_in(container, account, message)
            found, failed = found + (new is True), failed + (new is None)
    except SendError as error:
        log.warning("reconcile.not_listed", account=account, error=type(error).__name__)
        return Compared(account, listed, found, failed, error.agent_text)
    if found or failed:
        log.warning("reconcile.missed", account=account, listed=listed, found=found, failed=failed)
    return Compared(account, listed, found, failed)


def due(session: Session, account: str, *, at: datetime) -> bool:
    """Claim the next regular comparison of an account; False while the last one is less than an hour old."""
    row = {"name": _NAME.format(account=account), "holder": "reconcile", "until": at + EVERY, "seen_at": at}
    new = insert(Lease).values(row)
    claimed = new.on_conflict_do_update(index_elements=["name"], set_=row, where=Lease.until <= at)
    return session.execute(claimed.returning(Lease.name)).first() is not None


def ask_again(session: Session) -> None:
    """Make every account's comparison due now, as after an outage."""
    session.execute(delete(Lease).where(Lease.name.like(_NAME.format(account="%"))))


def _take_in(container: Container, account: str, message: InboundMessage) -> bool | None:
    """Return whether the message was new; None where it could not be applied."""
    try:
        received = container.db.run(lambda uow: intake.receive(uow.session, message, city=container.city))
    except Exception as error:  # noqa: BLE001  the others on the list must not wait for this one
        log.error("reconcile.not_applied", account=account, error=type(error).__name__)
        return None
    for waiting in received.to_send:
        container.jobs.nudge("workers.deliver.drain", waiting)
    if message.attachments and not received.duplicate:
        container.jobs.nudge("workers.fetch.media", account)
    return not received.duplicate


def window(container: Container, hours: float | None = None) -> datetime:
    """Return from when on a list is read: so many hours back, or the regular time."""
    span = timedelta(hours=hours) if hours is not None else LOOKBACK
    return container.db.run(lambda uow: clock.now(uow.session)) - span
