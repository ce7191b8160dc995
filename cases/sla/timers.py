"""Timers as rows: start, meet, end, and the breach at its due instant, once.

The case row shows the nearest live one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cases.base import table
from cases.models import Case, Timer
from cases.models.event import Happened, record
from cases.sla.calendar import Calendar
from cases.sla.policy import Policy
from cases.writes import Writes


class TimerKind(StrEnum):
    """What is promised; a statutory promise has a kind of its own."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    DEPARTMENT_LEG = "department_leg"


class TimerState(StrEnum):
    """A timer that breached may still be met, late; ended means that the case ended without it."""

    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"
    ENDED = "ended"


LIVE = (TimerState.RUNNING, TimerState.BREACHED)
_TIMERS = table(Timer)
_LIVE_OF_CASE = select(Timer).where(Timer.case_id == bindparam("case_id"), Timer.state.in_(LIVE)).order_by(Timer.due_at)
_NEXT_WAKE = select(func.min(Timer.next_wake_at)).where(Timer.next_wake_at.is_not(None))
_DUE = (
    select(Timer.id, Timer.case_id)
    .where(Timer.next_wake_at <= bindparam("at"), Timer.next_wake_at.is_not(None))
    .order_by(Timer.next_wake_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_LOCKED_CASE = select(Case).where(Case.id == bindparam("id")).with_for_update()


@dataclass(frozen=True, slots=True)
class Promise:
    """A timer that is about to start, computed before its case exists; ``row`` lacks only the case."""

    kind: TimerKind
    due_at: datetime
    row: dict[str, Any]


def promise(policy: Policy, kind: TimerKind, *, calendar: Calendar, started: datetime) -> Promise | None:
    """Compute the deadline of one kind under a policy; None where the policy promises nothing of that kind."""
    target = policy.targets.get(kind)
    if target is None:
        return None
    due_at = calendar.due(target, started=started)
    frozen = {"policy": policy.key, "amount": target.amount, "unit": target.unit.value, "calendar": calendar.key}
    row = {"kind": kind, "state": TimerState.RUNNING, "policy": frozen, "started_at": started}
    return Promise(kind, due_at, {**row, "due_at": due_at, "next_wake_at": due_at})


def start(writes: Writes, promises: Sequence[Promise], *, case_id: int) -> None:
    """Gather the rows of promises made to a case."""
    for one in promises:
        writes.add(_TIMERS, {**one.row, "case_id": case_id})


def meet(session: Session, case: Case, kind: TimerKind, *, at: datetime, actor: str) -> list[Happened]:
    """Keep the running promise of this kind, if there is one; returns the event for the caller to record."""
    happened = []
    for timer in session.scalars(_LIVE_OF_CASE, {"case_id": case.id}):
        if timer.kind == kind:
            late = timer.state == TimerState.BREACHED or at > timer.due_at
            if late and timer.breached_at is None:
                timer.breached_at = timer.due_at
            timer.state, timer.met_at, timer.ended_at, timer.next_wake_at = TimerState.MET, at, at, None
            happened.append(Happened("timer_met", actor, {"timer": timer.kind, "late": late}))
    show_nearest(session, case)
    return happened


def end_all(session: Session, case: Case, *, at: datetime) -> None:
    """Stop what still runs on a case that has ended. A promise not kept by then is not called met."""
    for timer in session.scalars(_LIVE_OF_CASE, {"case_id": case.id}):
        if timer.breached_at is None and at > timer.due_at:
            timer.breached_at = timer.due_at
        timer.state, timer.ended_at, timer.next_wake_at = TimerState.ENDED, at, None
    show_nearest(session, case)


def show_nearest(session: Session, case: Case) -> None:
    """Copy the nearest live deadline to the case row, by which the queue is sorted."""
    session.flush()
    nearest = session.scalars(_LIVE_OF_CASE, {"case_id": case.id}).first()
    case.due_kind, case.due_at = (nearest.kind, nearest.due_at) if nearest else (None, None)


def wake(session: Session, *, at: datetime, limit: int = 100) -> int:
    """Record the breach of timers that are due, each at its due instant and once; returns how many were looked at.

    Safe with any number of callers: a timer that another holds is skipped, and one that has been recorded has
    no next wake-up any more.
    """
    due = session.execute(_DUE, {"at": at, "limit": limit}).all()
    for timer_id, case_id in sorted(due, key=lambda row: row.case_id):
        case = session.scalars(_LOCKED_CASE, {"id": case_id}).one()
        timer = session.get_one(Timer, timer_id)
        timer.next_wake_at = None
        if timer.state == TimerState.RUNNING:
            timer.state, timer.breached_at = TimerState.BREACHED, timer.due_at
            values = {"timer": timer.kind, "due_at": timer.due_at.isoformat()}
            record(session, case, [Happened("timer_breached", "system", values)], at=at)
    return len(due)


def next_wake(session: Session) -> datetime | None:
    """Return when the next timer wants attention."""
    return session.scalar(_NEXT_WAKE)
