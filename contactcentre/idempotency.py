"""A changing request may come twice: the same key within 24 hours gets the first answer, and is done once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Invalid
from cases.models import IdempotencyKey
from cases.permissions import Viewer

KEPT = timedelta(hours=24)
LONGEST = 200
MOST_FORGOTTEN = 5000


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to the first request: a status, and a location or a body."""

    status: int
    location: str | None = None
    body: bytes | None = None


def begin(session: Session, viewer: Viewer, *, key: str, request: bytes) -> Answer | None:
    """Claim a key in this transaction; returns the answer already given to it, or None for a new one.

    A second request with the same key waits here until the first has committed. Raises ``Invalid`` for a key
    that was used for something else.
    """
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise Invalid(f"An Idempotency-Key has between 1 and {LONGEST} plain characters.", field="Idempotency-Key")
    at, digest = clock.now(session), hashlib.sha256(request).hexdigest()
    own = {"owner": viewer.actor, "key": key}
    old = delete(IdempotencyKey).where(
        IdempotencyKey.owner == viewer.actor, IdempotencyKey.key == key, IdempotencyKey.created_at < at - KEPT
    )
    session.execute(old)
    new = insert(IdempotencyKey).values(**own, request_hash=digest, created_at=at).on_conflict_do_nothing()
    session.execute(new)
    row = session.get_one(IdempotencyKey, own)
    if row.request_hash != digest:
        raise Invalid("This Idempotency-Key was used for another request; make a new one.", field="Idempotency-Key")
    return None if row.status is None else Answer(row.status, row.location, row.body)


def forget(session: Session) -> int:
    """Remove keys that are past their time, some thousands a call; returns how many."""
    old = select(IdempotencyKey.owner, IdempotencyKey.key).where(IdempotencyKey.created_at < clock.now(session) - KEPT)
    key = tuple_(IdempotencyKey.owner, IdempotencyKey.key)
    gone = delete(IdempotencyKey).where(key.in_(old.limit(MOST_FORGOTTEN))).returning(IdempotencyKey.key)
    return len(session.scalars(gone).all())


def finish(session: Session, viewer: Viewer, *, key: str, answer: Answer) -> None:
    """Keep the answer for repeats; in the same transaction as what was done."""
    row = session.get_one(IdempotencyKey, {"owner": viewer.actor, "key": key})
    row.status, row.location, row.body = answer.status, answer.location, answer.body
