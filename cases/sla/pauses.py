"""Timers that stand still while the case waits for somebody outside, and run on by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Case, Pause, Timer
from cases.models.event import Happened
from cases.sla.calendar import Span
from cases.sla.deadlines import reckon
from cases.sla.terms import thawed
from cases.sla.timers import Calendars, TimerState, live, show_nearest


def spans(session: Session, timer_ids: Iterable[int], *, at: datetime) -> Mapping[int, list[Span]]:
    """Return each timer's pauses; one that goes on ends, for the time being, at ``at``."""
    found: dict[int, list[Span]] = defaultdict(list)
    query = select(Pause).where(Pause.timer_id.in_(list(timer_ids))).order_by(Pause.since, Pause.id)
    for pause in session.scalars(query):
        found[pause.timer_id].append(Span(pause.since, pause.until or max(at, pause.since)))
    return found


def follow(session: Session, case: Case, status: str, *, calendars: Calendars, at: datetime) -> list[Happened]:
    """Pause the timers that stand still in the status that the case has from ``at`` on, and resume the others.

    A timer that has breached keeps its deadline: the pause counts for the time it took, not for the promise.
    """
    happened = []
    for timer in live(session, case):
        standing, stands = open_pause(session, timer), status in thawed(timer.policy).pauses
        if standing is not None and (not stands or standing.reason != status):
            standing.until = max(at, standing.since)
            happened += [] if stands else _resume(session, timer, calendars=calendars, at=at)
        if stands and (standing is None or standing.reason != status):
            session.add(Pause(timer_id=timer.id, since=at, reason=status))
            happened += [] if standing else _pause(timer, status, at=at)
    show_nearest(session, case)
    return happened


def open_pause(session: Session, timer: Timer) -> Pause | None:
    """Return the pause in which a timer stands, or None."""
    query = select(Pause).where(Pause.timer_id == timer.id, Pause.until.is_(None))
    return session.scalars(query).one_or_none()


def close(session: Session, timer: Timer, *, at: datetime) -> None:
    """End the open pause of a timer that ends, before anything is reckoned from its pauses."""
    standing = open_pause(session, timer)
    if standing is not None:
        standing.until = max(at, standing.since)


def add(session: Session, timer: Timer, span: Span, *, reason: str) -> None:
    """Record a stretch that has ended already."""
    session.add(Pause(timer_id=timer.id, since=span.start, until=span.end, reason=reason))


def copy(session: Session, earlier: Timer, later: Timer) -> None:
    """Let a timer that goes on for an earlier one keep what that stood still for."""
    for pause in session.scalars(select(Pause).where(Pause.timer_id == earlier.id)).all():
        row = {"since": pause.since, "until": pause.until, "reason": pause.reason}
        session.add(Pause(timer_id=later.id, **row))


def _pause(timer: Timer, reason: str, *, at: datetime) -> list[Happened]:
    if timer.due_at is not None and timer.due_at <= at or timer.breached_at is not None:
        return []  # the sweep records the breach, if it has not yet
    timer.state = TimerState.PAUSED
    if not timer.overridden:
        timer.due_at = timer.next_wake_at = None
    return [Happened("timer_paused", "system", {"timer": timer.kind, "reason": reason})]


def _resume(session: Session, timer: Timer, *, calendars: Calendars, at: datetime) -> list[Happened]:
    if timer.state != TimerState.PAUSED:
        return []
    timer.state = TimerState.RUNNING
    if not timer.overridden:
        session.flush()
        reckon(timer, calendars=calendars, pauses=spans(session, [timer.id], at=at)[timer.id], at=at)
    due = timer.due_at.isoformat() if timer.due_at else None
    return [Happened("timer_resumed", "system", {"timer": timer.kind, "due_at": due})]
