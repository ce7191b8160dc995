"""Messages by the gateway's own id, for whoever compares our books with theirs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, literal_column, or_, select
from sqlalchemy.orm import Session

from cases.models import Address, Case, Filing, Message, Thread
from cases.permissions import Action, Viewer, may
from cases.queries.scope import visible
from cases.queries.timeline import shown

# As the two partial indexes say it.
_IN, _OUT = (literal_column(f"message.direction = '{one}'", Boolean) for one in ("in", "out"))


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
    session: Session, viewer: Viewer, *, external_id: str, accounts: Collection[str]
) -> tuple[MessageRow, ...]:
    """Return the messages of this id that stand in a case the viewer may read; those in none, to operators only.

    A gateway's id is known by its account alone: which ones are looked into must be said.
    """
    query = (
        select(Message, Address.value)
        .join(Thread, Thread.id == Message.thread_id)
        .join(Address, Address.id == Thread.address_id)
        .where(Message.account.in_(accounts), Message.external_id == external_id, or_(_IN, _OUT))
        .order_by(Message.id)
        .limit(50)
    )
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
