"""Timers as rows: how a promise starts, is kept, and shows its nearest deadline on the case.

Whoever changes a timer holds its case's row lock.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases.base import table
from cases.models import Case, Timer
from cases.models.event import Happened
from cases.sla import reckoning, stretches
from cases.sla.calendar import Calendar, Span
from cases.sla.ladder import rungs
from cases.sla.terms import Terms, frozen
from cases.writes import Writes


class TimerKind(StrEnum):
    """What is promised. ``decision`` and ``internal_review`` are a statute's; ``task`` is a task's own."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    DEPARTMENT_LEG = "department_leg"
    DECISION = "decision"
    INTERNAL_REVIEW = "internal_review"
    TASK = "task"


class TimerState(StrEnum):
    """A timer that breached may still be met, late. ``missed``: its case ended and the promise was not kept;
    ``waived``: by rule nobody owed it any more; ``ended``: its reason went away, such as by a transfer.
    """

    RUNNING = "running"
    PAUSED = "paused"
    BREACHED = "breached"
    MET = "met"
    MISSED = "missed"
    WAIVED = "waived"
    ENDED = "ended"


LIVE = (TimerState.RUNNING, TimerState.PAUSED, TimerState.BREACHED)
ANSWERS = (TimerKind.FIRST_RESPONSE, TimerKind.NEXT_RESPONSE)
Calendars = Mapping[str, Calendar]
_TIMERS = table(Timer)
_LIVE_OF_CASE = (
    select(Timer)
    .where(Timer.case_id == bindparam("case_id"), Timer.state.in_(LIVE))
    .order_by(Timer.due_at, Timer.id)
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class Promise:
    """A timer that is about to start, computed before its case exists; ``row`` lacks only the case."""

    kind: TimerKind
    due_at: datetime
    row: dict[str, Any]

    @property
    def happened(self) -> Happened:
        """Return the line of history that tells of it."""
        return Happened("timer_started", "system", {"timer": self.kind.value, "due_at": self.due_at.isoformat()})


def promise(
    terms: Terms,
    kind: TimerKind,
    *,
    calendars: Calendars,
    started: datetime,
    instance: int = 1,
    pauses: Sequence[Span] = (),
) -> Promise:
    """Compute the deadline of one promise; ``started`` may lie in the past, as a replayed message's does."""
    calendar = calendars[terms.calendar]
    due_at = reckoning.due(calendar, terms.target, started=started, pauses=pauses)
    row = {
        "kind": kind,
        "instance": instance,
        "state": TimerState.RUNNING,
        "policy": frozen(terms),
        "calendar_mark": calendar.fingerprint,
        "started_at": started,
        "due_at": due_at,
        "next_wake_at": rungs(terms, calendar, started=started, due=due_at, pauses=pauses)[0].at,
    }
    return Promise(kind, due_at, row)


def start(writes: Writes, promises: Iterable[Promise], *, case_id: int) -> None:
    """Gather the rows of promises made to a case."""
    for one in promises:
        writes.add(_TIMERS, {**one.row, "case_id": case_id})


def begin(session: Session, case: Case, made: Promise, *, task_id: int | None = None) -> Timer:
    """Start one promise of a case that exists already, as the next instance of its kind; returns its row."""
    earlier = select(Timer.instance).where(Timer.case_id == case.id, Timer.kind == made.kind)
    last = session.scalars(earlier.order_by(Timer.instance.desc()).limit(1)).first() or 0
    row = {**made.row, "policy": json.loads(made.row["policy"]), "instance": last + 1}
    timer = Timer(**row, case_id=case.id, task_id=task_id, rung=0, overridden=False)
    session.add(timer)
    show_nearest(session, case)
    return timer


def live(session: Session, case: Case) -> Sequence[Timer]:
    """Return the timers of a case that have not ended, by their deadlines."""
    session.flush()
    return session.scalars(_LIVE_OF_CASE, {"case_id": case.id}).all()


def meet(
    session: Session,
    case: Case,
    kinds: Collection[TimerKind],
    *,
    at: datetime,
    actor: str,
    by: int | None = None,
    task_id: int | None = None,
) -> list[Happened]:
    """Keep the live promises of these kinds; ``by`` is the message that does. Returns what the caller records."""
    happened = []
    for timer in live(session, case):
        if timer.kind in kinds and timer.task_id == task_id:
            happened += breach_if_late(timer, at=at)
            timer.state, timer.met_at, timer.met_by = TimerState.MET, at, by
            stop(session, timer, at=at)
            happened.append(Happened("timer_met", actor, {"timer": timer.kind, "late": timer.breached_at is not None}))
    show_nearest(session, case)
    return happened


def breach_if_late(timer: Timer, *, at: datetime) -> list[Happened]:
    """Record the breach of a deadline that has passed, at its own instant, where no sweep has done so yet."""
    if timer.breached_at is not None or timer.due_at is None or at <= timer.due_at:
        return []
    timer.breached_at = timer.due_at
    return [breached(timer.kind, timer.due_at)]


def breached(kind: str, due_at: datetime) -> Happened:
    """Return the line of history that tells of a broken promise, once for each deadline."""
    return Happened("timer_breached", "system", {"timer": kind, "due_at": due_at.isoformat()})


def stop(session: Session, timer: Timer, *, at: datetime) -> None:
    """Let a timer that has reached its final state rest; what it stood still for ends with it."""
    timer.ended_at, timer.next_wake_at = at, None
    stretches.close(session, timer, at=at)


def state_at(timer: Timer, *, now: datetime) -> str:
    """Return the state that a timer is in, which does not hang on whether a sweep has seen it."""
    late = timer.state == TimerState.RUNNING and timer.due_at is not None and timer.due_at < now
    return TimerState.BREACHED if late else timer.state


def show_nearest(session: Session, case: Case) -> None:
    """Copy the nearest live deadline to the case row, by which the queue is sorted."""
    nearest = next((one for one in live(session, case) if one.due_at is not None), None)
    case.due_kind, case.due_at = (nearest.kind, nearest.due_at) if nearest else (None, None)
