"""Timers that stand still while the case waits for somebody outside, and run on by themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cases.models import Case, Pause, Timer
from cases.models.event import Happened
from cases.sla import stretches
from cases.sla.deadlines import reckon
from cases.sla.terms import thawed
from cases.sla.timers import Calendars, TimerState, line, live, show_nearest


def follow(session: Session, case: Case, status: str, *, calendars: Calendars, at: datetime) -> list[Happened]:
    """Pause the timers that stand still in the status that the case has from ``at`` on, and resume the others.

    A timer that has breached keeps its deadline: the pause counts for the time it took, not for the promise.
    """
    happened = []
    for timer in live(session, case):
        standing, stands = stretches.open_pause(session, timer), status in thawed(timer.policy).pauses
        if standing is not None and (not stands or standing.reason != status):
            standing.until = max(at, standing.since)
        if stands and (standing is None or standing.until is not None):
            standing = Pause(timer_id=timer.id, since=at, reason=status)
            session.add(standing)
        if stands and timer.state == TimerState.RUNNING:
            happened += _pause(timer, standing, at=at)
        elif not stands and timer.state == TimerState.PAUSED:
            happened.append(_resume(session, timer, standing, calendars=calendars, at=at))
    show_nearest(session, case)
    return happened


def _pause(timer: Timer, standing: Pause | None, *, at: datetime) -> list[Happened]:
    assert standing is not None, "it stands still for something"
    if timer.due_at is not None and timer.due_at <= at or timer.breached_at is not None:
        return []  # the sweep records the breach, if it has not yet
    timer.state = TimerState.PAUSED
    if not timer.overridden:
        timer.due_at = timer.next_wake_at = None
    return [line("timer_paused", timer, {"reason": standing.reason, "since": standing.since.isoformat()})]


def _resume(session: Session, timer: Timer, stood: Pause | None, *, calendars: Calendars, at: datetime) -> Happened:
    assert stood is not None, "it stood still for something"
    assert stood.until is not None, "which has just ended"
    timer.state = TimerState.RUNNING
    if not timer.overridden:
        session.flush()
        reckon(timer, calendars=calendars, pauses=stretches.of(session, timer, at=at), at=at)
    due = timer.due_at.isoformat() if timer.due_at else None
    return line("timer_resumed", timer, {"until": stood.until.isoformat(), "due_at": due})
