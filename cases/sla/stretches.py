"""The stretches in which timers stood still, as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Pause, Timer
from cases.sla.calendar import Span


def spans(session: Session, timer_ids: Iterable[int], *, at: datetime) -> Mapping[int, list[Span]]:
    """Return each timer's pauses; one that goes on ends, for the time being, at ``at``."""
    found: dict[int, list[Span]] = defaultdict(list)
    query = select(Pause).where(Pause.timer_id.in_(list(timer_ids))).order_by(Pause.since, Pause.id)
    for pause in session.scalars(query):
        found[pause.timer_id].append(Span(pause.since, pause.until or max(at, pause.since)))
    return found


def of(session: Session, timer: Timer, *, at: datetime) -> list[Span]:
    """Return one timer's pauses, as :func:`spans` does."""
    return spans(session, [timer.id], at=at)[timer.id]


def open_pause(session: Session, timer: Timer) -> Pause | None:
    """Return the pause in which a timer stands, or None."""
    query = select(Pause).where(Pause.timer_id == timer.id, Pause.until.is_(None))
    return session.scalars(query).one_or_none()


def close(session: Session, timer: Timer, *, at: datetime) -> None:
    """End the open pause of a timer, if it stands in one."""
    standing = open_pause(session, timer)
    if standing is not None:
        standing.until = max(at, standing.since)


def reopen(session: Session, timer: Timer, *, ended: datetime, reason: str) -> None:
    """Let a pause go on that ended at an instant which no longer counts, where its reason is still there."""
    query = select(Pause).where(Pause.timer_id == timer.id, Pause.until == ended, Pause.reason == reason)
    for pause in session.scalars(query):
        pause.until = None


def add(session: Session, timer: Timer, span: Span, *, reason: str) -> None:
    """Record a stretch that has ended already."""
    session.add(Pause(timer_id=timer.id, since=span.start, until=span.end, reason=reason))


def copy(session: Session, earlier: Timer, later: Timer) -> None:
    """Let a timer that goes on for an earlier one keep what that stood still for."""
    for pause in session.scalars(select(Pause).where(Pause.timer_id == earlier.id)).all():
        row = {"since": pause.since, "until": pause.until, "reason": pause.reason}
        session.add(Pause(timer_id=later.id, **row))
