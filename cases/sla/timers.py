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
    """A timer that is about to start, computed before its case exists; ``row`` lacks only the case.

    ``stood`` is what it stood still for already, where it goes on for an earlier one.
    """

    kind: TimerKind
    due_at: datetime
    row: dict[str, Any]
    terms: Terms
    stood: tuple[Span, ...] = ()

    @property
    def happened(self) -> Happened:
        """Return the line of history that tells of it, and from which its deadline can be reckoned again."""
        values = {
            "timer": self.kind.value,
            "instance": self.row["instance"],
            "due_at": self.due_at.isoformat(),
            **counted_by(self.terms, self.row["started_at"]),
        }
        if self.stood:
            values["pauses"] = [[one.start.isoformat(), one.end.isoformat()] for one in self.stood]
        return Happened("timer_started", "system", values)


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
    return Promise(kind, due_at, row, terms, tuple(pauses))


def counted_by(terms: Terms, started: datetime) -> dict[str, Any]:
    """Return what a deadline is reckoned from, as the history tells it."""
    return {
        "started_at": started.isoformat(),
        "amount": terms.target.amount,
        "unit": terms.target.unit.value,
        "calendar": terms.calendar,
        "policy": terms.policy,
        "version": terms.version,
    }


def line(
    kind: str, timer: Timer, values: Mapping[str, Any], *, actor: str = "system", message_id: int | None = None
) -> Happened:
    """Return a line of history about one timer, which it names by kind and instance, and a task's by that too."""
    named = {"timer": timer.kind, "instance": timer.instance}
    if timer.task_id is not None:
        named["task"] = timer.task_id
    return Happened(kind, actor, {**named, **values}, message_id=message_id)


def start(writes: Writes, promises: Iterable[Promise], *, case_id: int) -> None:
    """Gather the rows of promises made to a case."""
    for one in promises:
        writes.add(_TIMERS, {**one.row, "case_id": case_id})


def begin(session: Session, case: Case, made: Promise, *, task_id: int | None = None) -> Timer:
    """Start one promise of a case that exists already, as the next instance of its kind, which ``made`` then tells."""
    earlier = select(Timer.instance).where(Timer.case_id == case.id, Timer.kind == made.kind)
    last = session.scalars(earlier.order_by(Timer.instance.desc()).limit(1)).first() or 0
    made.row["instance"] = last + 1
    row = {**made.row, "policy": json.loads(made.row["policy"])}
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
    begun: datetime | None = None,
) -> list[Happened]:
    """Keep the live promises of these kinds; ``by`` is the message that does. With ``begun`` only those that ran by
    then, since what was written earlier cannot answer what came later. Returns what the caller records.
    """
    happened = []
    for timer in live(session, case):
        if timer.kind in kinds and timer.task_id == task_id and (begun is None or timer.started_at <= begun):
            happened += breach_if_late(timer, at=at)
            timer.state, timer.met_at, timer.met_by = TimerState.MET, at, by
            stop(session, timer, at=at)
            happened.append(met(timer, actor))
    show_nearest(session, case)
    return happened


def breach_if_late(timer: Timer, *, at: datetime) -> list[Happened]:
    """Record the breach of a deadline that has passed, at its own instant, where no sweep has done so yet."""
    if timer.breached_at is not None or timer.due_at is None or at <= timer.due_at:
        return []
    timer.breached_at = timer.due_at
    return [line("timer_breached", timer, {"due_at": timer.due_at.isoformat()})]


def met(timer: Timer, actor: str = "system") -> Happened:
    """Return the line of history that tells of a kept promise."""
    assert timer.met_at is not None, "it was kept at some instant"
    values = {"late": timer.breached_at is not None, "at": timer.met_at.isoformat()}
    return line("timer_met", timer, values, actor=actor, message_id=timer.met_by)


def rested(timer: Timer, actor: str = "system", *, why: str) -> Happened:
    """Return the line of history that tells of a promise that ended without being kept."""
    assert timer.ended_at is not None, "it has ended"
    return line(f"timer_{timer.state}", timer, {"why": why, "at": timer.ended_at.isoformat()}, actor=actor)


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
