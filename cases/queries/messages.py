"""Messages by the gateway's own id, for whoever compares our books with theirs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, CompoundSelect, literal_column, select, union_all
from sqlalchemy.orm import Session

from cases.models import Address, Case, Filing, Message, Thread
from cases.permissions import Action, Viewer, may
from cases.queries.scope import visible
from cases.queries.timeline import shown

MOST = 50


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
        .where(Message.id.in_(_named(external_id, accounts)))
        .order_by(Message.id)
        .limit(MOST)
    )
    found = [_row(session, viewer, message, address) for message, address in session.execute(query)]
    return tuple(row for row in found if row is not None)


def _named(external_id: str, accounts: Collection[str]) -> CompoundSelect[int]:
    """Return the ids of such messages along the two indexes that name a direction each, as these say it."""
    here = Message.account.in_(accounts), Message.external_id == external_id
    ways = (literal_column(f"message.direction = '{one}'", Boolean) for one in ("in", "out"))
    return union_all(*(select(Message.id).where(*here, way).limit(MOST) for way in ways))


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
