"""The end of a resolved case: closed once the citizen can no longer reopen it by writing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock
from cases.lifecycle import Status, move
from cases.models import Case
from cases.models.event import record


def close_resolved(session: Session, *, before: datetime, limit: int = 100) -> int:
    """Close cases resolved before the instant; returns how many.

    A case that somebody works on now waits for the next call.
    """
    found = session.scalars(
        select(Case)
        .where(Case.status == Status.RESOLVED, Case.resolved_at < before)
        .order_by(Case.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    at = clock.now(session)
    for case in found:
        reason = "the time to reopen has passed"
        record(session, case, [move(session, case, Status.CLOSED, at=at, actor="system", reason=reason)], at=at)
    return len(found)
