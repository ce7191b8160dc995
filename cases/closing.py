"""The end of a resolved case: closed once the citizen can no longer reopen it by writing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock
from cases.lifecycle import Status, move
from cases.models import Case
from cases.models.event import record
from cases.sla.timers import Calendars


def close_resolved(session: Session, *, before: datetime, calendars: Calendars, limit: int = 100) -> int:
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
        ended = move(session, case, Status.CLOSED, calendars=calendars, at=at, actor="system", reason=reason)
        record(session, case, ended, at=at)
    return len(found)
