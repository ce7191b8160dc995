"""Deadlines that move: by another priority, another calendar, a merge, or a person with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cases.models import Case, Timer
from cases.models.event import Happened
from cases.sla import pauses, reckoning, stretches
from cases.sla.calendar import Span
from cases.sla.deadlines import arm, reckon
from cases.sla.policy import Policy
from cases.sla.terms import Terms, frozen, terms_of, thawed
from cases.sla.timers import (
    LIVE,
    Calendars,
    TimerKind,
    TimerState,
    begin,
    counted_by,
    line,
    live,
    promise,
    show_nearest,
)

#: what a new policy of the case moves; a statute's promise and a task's own stay as they are
BY_POLICY = (TimerKind.FIRST_RESPONSE, TimerKind.NEXT_RESPONSE, TimerKind.RESOLUTION, TimerKind.DEPARTMENT_LEG)


def retarget(
    session: Session, case: Case, policy: Policy | None, *, version: int, calendars: Calendars, at: datetime
) -> list[Happened]:
    """Put the live promises under another policy. What was used of them stays used: start and pauses are kept.

    A breach that has happened stays, and so does a deadline that a person has set.
    """
    happened = []
    for timer in live(session, case):
        if timer.kind not in BY_POLICY or timer.overridden or timer.breached_at is not None:
            continue
        terms = terms_of(policy, timer.kind, version=version) if policy else None
        if terms is None or terms == thawed(timer.policy):
            continue
        happened += under(session, timer, terms, calendars=calendars, at=at)
    show_nearest(session, case)
    return happened


def under(session: Session, timer: Timer, terms: Terms, *, calendars: Calendars, at: datetime) -> list[Happened]:
    """Put one live timer under other terms, with its start and its pauses."""
    before = timer.due_at
    timer.policy = json.loads(frozen(terms))
    if timer.state == TimerState.RUNNING:
        reckon(timer, calendars=calendars, pauses=stretches.of(session, timer, at=at), at=at)
    return [_moved(timer, before, why=f"policy {terms.policy}, version {terms.version}")]


def recalculate(
    session: Session,
    timer: Timer,
    *,
    calendars: Calendars,
    at: datetime,
    why: str,
    stood: Sequence[Span] | None = None,
) -> list[Happened]:
    """Reckon a live timer by its calendar as it is now. A breach that has happened is only commented on.

    ``stood`` are its pauses where the caller has them already.
    """
    terms = thawed(timer.policy)
    calendar = calendars.get(terms.calendar)
    if calendar is None or timer.calendar_mark == calendar.fingerprint:
        return []
    timer.calendar_mark = calendar.fingerprint
    if timer.overridden or timer.state == TimerState.PAUSED:
        return []  # a person's deadline stays; one that stands still is reckoned when it runs on
    if stood is None:
        stood = stretches.of(session, timer, at=at)
    if timer.breached_at is not None:
        due = reckoning.due(calendar, terms.target, started=timer.started_at, pauses=stood)
        values = {"breached_at": timer.breached_at.isoformat(), "due_at": due.isoformat(), "why": why}
        return [line("breach_commented", timer, values)] if due != timer.due_at else []
    before = timer.due_at
    reckon(timer, calendars=calendars, pauses=stood, at=at)
    return [_moved(timer, before, why=why)] if timer.due_at != before else []


def set_deadline(
    session: Session,
    case: Case,
    timer: Timer,
    due: datetime,
    *,
    calendars: Calendars,
    at: datetime,
    actor: str,
    reason: str,
) -> Happened:
    """Give a live timer a deadline by hand; from then on nothing but a hand moves it."""
    before = timer.due_at
    timer.overridden = True
    if timer.state == TimerState.PAUSED:
        timer.state = TimerState.RUNNING
        stretches.close(session, timer, at=at)
        session.flush()
    arm(timer, due, calendars=calendars, pauses=stretches.of(session, timer, at=at), at=at)
    show_nearest(session, case)
    return replace(line("deadline_set", timer, _dates(timer, before), actor=actor), personal={"reason": reason})


def take_over(
    session: Session, survivor: Case, merged: Iterable[Timer], *, calendars: Calendars, at: datetime
) -> list[Happened]:
    """Let the surviving case of a merge keep the earliest start and the tightest live deadline of each kind.

    ``merged`` are the live timers of the case that is merged into it. Of each kind the terms that are due first stay,
    counted from the earliest start, so that the deadline still follows from the timer's own row.
    """
    own = {timer.kind: timer for timer in live(session, survivor)}
    happened = []
    for other in merged:
        mine = own.get(other.kind)
        if other.task_id is not None:
            continue  # each task has a promise of its own
        if mine is not None:
            happened += _tightened(session, mine, other, calendars=calendars, at=at)
        elif other.kind in BY_POLICY:
            happened += _continued(session, survivor, other, calendars=calendars, at=at)
    happened += pauses.follow(session, survivor, survivor.status, calendars=calendars, at=at)
    return happened


def put_back(
    session: Session,
    case: Case,
    timer: Timer,
    *,
    started: datetime,
    policy: dict[str, Any] | None,
    calendars: Calendars,
    at: datetime,
) -> list[Happened]:
    """Give a promise that a merge has moved its former start again, and its terms unless ``policy`` is None.

    What has ended or breached by the deadline that it had stays.
    """
    if timer.state not in LIVE or timer.breached_at is not None or timer.overridden:
        return []
    before, timer.started_at = timer.due_at, started
    if policy is not None:
        timer.policy = policy
    if timer.state == TimerState.RUNNING:
        reckon(timer, calendars=calendars, pauses=stretches.of(session, timer, at=at), at=at)
    show_nearest(session, case)
    return [_moved(timer, before, why="merge undone")]


def _continued(session: Session, case: Case, other: Timer, *, calendars: Calendars, at: datetime) -> list[Happened]:
    """Start a promise that only the merged case had, from its own start and with what it stood still for."""
    stood = stretches.of(session, other, at=at)
    terms, kind = thawed(other.policy), TimerKind(other.kind)
    made = promise(terms, kind, calendars=calendars, started=other.started_at, pauses=stood)
    timer = begin(session, case, made)
    session.flush()
    stretches.copy(session, other, timer)
    stretches.close(session, timer, at=at)
    return [made.happened]


def _tightened(session: Session, mine: Timer, other: Timer, *, calendars: Calendars, at: datetime) -> list[Happened]:
    if mine.breached_at is not None or mine.overridden:
        return []
    before, stood = mine.due_at, stretches.of(session, mine, at=at)
    started = min(mine.started_at, other.started_at)

    def due(terms: Terms) -> datetime:
        return reckoning.due(calendars[terms.calendar], terms.target, started=started, pauses=stood)

    terms = min(thawed(mine.policy), thawed(other.policy), key=due)
    if started == mine.started_at and terms == thawed(mine.policy):
        return []
    mine.started_at, mine.policy = started, json.loads(frozen(terms))
    if mine.state == TimerState.RUNNING:
        reckon(mine, calendars=calendars, pauses=stood, at=at)
    return [_moved(mine, before, why="merge")]


def _moved(timer: Timer, before: datetime | None, *, why: str) -> Happened:
    terms = thawed(timer.policy)
    values = {**_dates(timer, before), **counted_by(terms, timer.started_at), "why": why}
    return line("timer_moved", timer, values)


def _dates(timer: Timer, before: datetime | None) -> dict[str, str | None]:
    return {
        "from": before.isoformat() if before else None,
        "due_at": timer.due_at.isoformat() if timer.due_at else None,
    }
