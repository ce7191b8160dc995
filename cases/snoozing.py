"""Cases put aside until an instant: out of the open lists until then, or until their citizen writes.

Being put aside changes no promise. Who waits for somebody outside gives the case a status that says so; a
``follow_up`` is such a wait with a day on which it is looked at again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import access, bells, clock
from cases.errors import Invalid
from cases.lifecycle import ENDED
from cases.models import Case, Snooze
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, ViewerKind

SNOOZE, FOLLOW_UP = "snooze", "follow_up"
#: nobody plans further ahead than a year, and a typing error in the year would hide a case for ever
FURTHEST = timedelta(days=366)
LONGEST_REASON = 300
MOST = 200
_IN_FORCE = select(Snooze).where(Snooze.case_id == bindparam("case_id"), Snooze.ended_at.is_(None))
# What is due, and what its citizen has ended by writing: then the case row says nothing of it any more.
_DUE = (
    select(Snooze, Case)
    .join(Case, Case.id == Snooze.case_id)
    .where(Snooze.ended_at.is_(None), (Snooze.until <= bindparam("at")) | Case.snoozed_until.is_(None))
    .order_by(Snooze.until, Snooze.id)
    .limit(MOST)
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


def snooze(session: Session, viewer: Viewer, *, reference: str, until: datetime, reason: str) -> Case:
    """Put a case aside until an instant, with the reason that colleagues read; the promise goes on running."""
    case = access.for_change(session, viewer, Action.TRANSITION, reference=reference)
    if case.status in ENDED:
        raise Invalid("This case has ended, so there is nothing to put aside.", field="until")
    at = clock.now(session)
    if not reason.strip():
        raise Invalid("Say why it is put aside, so that colleagues know.", field="reason")
    record(session, case, begin(session, case, viewer, until=until, reason=reason, kind=SNOOZE, at=at), at=at)
    return case


def wake(session: Session, viewer: Viewer, *, reference: str) -> Case:
    """Take a case up again before its time; raises ``Invalid`` where it is not put aside."""
    case = access.for_change(session, viewer, Action.TRANSITION, reference=reference)
    at = clock.now(session)
    ended = end(session, case, why="agent", actor=viewer.actor, at=at)
    if not ended:
        raise Invalid("This case is not put aside.", field="reference")
    record(session, case, ended, at=at)
    return case


def begin(
    session: Session, case: Case, viewer: Viewer, *, until: datetime, reason: str, kind: str, at: datetime
) -> list[Happened]:
    """Put a locked case aside; what it was put aside until before is replaced. Returns what the caller records."""
    _check(until, reason, at=at)
    _end_row(session, case, why="replaced", at=at)
    words = reason.strip()
    agent_id = viewer.id if viewer.kind is ViewerKind.AGENT else None
    row = {"case_id": case.id, "agent_id": agent_id, "kind": kind, "reason": words}
    session.add(Snooze(**row, until=until, created_at=at))
    case.snoozed_until = until
    personal = {"reason": words} if words else {}
    return [Happened("snoozed", viewer.actor, {"until": until.isoformat(), "kind": kind}, personal)]


def end(session: Session, case: Case, *, why: str, actor: str, at: datetime) -> list[Happened]:
    """Let a locked case be there again. Returns what the caller records, nothing where it was not put aside."""
    row = _end_row(session, case, why=why, at=at)
    return [Happened("woken", actor, {"why": why, "kind": row.kind})] if row else []


def wake_due(session: Session, *, at: datetime) -> int:
    """Let the cases be there again whose time has come or whose citizen has written, with a bell; returns how many.

    Any number may call it at once: each row is taken by one.
    """
    found = session.execute(_DUE, {"at": at}).all()
    for row, case in found:
        wrote = case.snoozed_until is None
        _rest(row, case, why="citizen" if wrote else "time", at=at)
        record(session, case, [Happened("woken", "system", {"why": row.ended_why, "kind": row.kind})], at=at)
        told = case.assignee_id or row.agent_id
        if told is not None and case.status not in ENDED:
            bells.ring(session, [told], case, kind=bells.RETURNED, at=at, about=str(row.ended_why))
    return len(found)


def _end_row(session: Session, case: Case, *, why: str, at: datetime) -> Snooze | None:
    row = session.scalars(_IN_FORCE, {"case_id": case.id}).one_or_none()
    if row is not None:
        _rest(row, case, why=why, at=at)
        session.flush()
    return row


def _rest(row: Snooze, case: Case, *, why: str, at: datetime) -> None:
    row.ended_at, row.ended_why = at, why
    case.snoozed_until = None


def _check(until: datetime, reason: str, *, at: datetime) -> None:
    if until <= at:
        raise Invalid("This instant has passed; choose a later one.", field="until")
    if until - at > FURTHEST:
        raise Invalid("This is more than a year ahead; choose an earlier day.", field="until")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"This is {len(reason)} characters long; {LONGEST_REASON} is the most.", field="reason")
