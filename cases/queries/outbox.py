"""What is leaving, for operators: states, attempts and reasons, without the words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import NotAllowed
from cases.models import OutboxEntry
from cases.permissions import Action, Viewer, may
from cases.queries.paging import Page, decode, encode, limited


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One entry. ``recipient`` is whole: operators look a message up by its number."""

    id: int
    message_id: int
    account: str
    recipient: str
    message_class: str
    state: str
    attempts: int
    client_reference: str
    external_id: str | None
    error: str | None
    error_code: str | None
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None


_COLUMNS = [getattr(OutboxEntry, name) for name in OutboxRow.__dataclass_fields__]


def page(
    session: Session, viewer: Viewer, *, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[OutboxRow]:
    """Return entries, newest first; raises ``NotAllowed`` for those who do not operate the product."""
    if not may(viewer, Action.OPERATE):
        raise NotAllowed("The outbox is for supervisors and administrators.")
    size = limited(limit)
    query = select(*_COLUMNS).order_by(OutboxEntry.id.desc()).limit(size + 1)
    if state is not None:
        query = query.where(OutboxEntry.state == state)
    if cursor:
        query = query.where(OutboxEntry.id < decode(cursor, int)[0])
    found = [OutboxRow(**row._mapping) for row in session.execute(query)]
    return Page(tuple(found[:size]), encode(found[size - 1].id) if len(found) > size else None)
