"""Messages by the gateway's own id, for whoever compares our books with theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Address, Case, Filing, Message, Thread
from cases.permissions import Action, Viewer, may
from cases.queries.scope import visible
from cases.queries.timeline import shown


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message with the references of the cases that hold it and that the viewer may see."""

    id: int
    direction: str
    channel: str
    account: str
    address: str
    text: str
    automatic: bool
    external_id: str | None
    status: str
    status_reason: str | None
    created_at: datetime
    cases: tuple[str, ...]


def by_external_id(
    session: Session, viewer: Viewer, *, external_id: str, account: str | None = None
) -> tuple[MessageRow, ...]:
    """Return the messages of this id that stand in a case the viewer may read; those in none, to operators only."""
    query = (
        select(Message, Address.value)
        .join(Thread, Thread.id == Message.thread_id)
        .join(Address, Address.id == Thread.address_id)
        .where(Message.external_id == external_id)
        .order_by(Message.id)
        .limit(50)
    )
    if account is not None:
        query = query.where(Message.account == account)
    found = [_row(session, viewer, message, address) for message, address in session.execute(query)]
    return tuple(row for row in found if row is not None)


def _row(session: Session, viewer: Viewer, message: Message, address: str) -> MessageRow | None:
    filed = select(Case.reference, visible(viewer)).join(Filing, Filing.case_id == Case.id)
    filed = filed.where(Filing.message_id == message.id, Filing.removed_at.is_(None))
    places = session.execute(filed).all()
    mine = tuple(reference for reference, allowed in places if allowed)
    if not mine and (places or not may(viewer, Action.OPERATE)):
        return None
    names = ("id", "direction", "channel", "account", "automatic", "external_id", "status", "status_reason")
    return MessageRow(
        **{name: getattr(message, name) for name in names},
        address=address,
        text=shown(message.text, automatic=message.automatic),
        created_at=message.created_at,
        cases=mine,
    )
