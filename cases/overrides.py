"""Deadlines set by a person: a supervisor's, with a reason, and the law's own extension."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, clock, replies
from cases.departments import City
from cases.errors import Invalid
from cases.models import Case, Event, Timer
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer
from cases.sla import changes, reckoning
from cases.sla.policy import Target, Unit
from cases.sla.statutes import Statute
from cases.sla.timers import TimerKind, begin, live, meet, promise, show_nearest

LONGEST_REASON = 500


def set_deadline(
    session: Session, viewer: Viewer, *, city: City, reference: str, timer_id: int, due: datetime, reason: str
) -> Case:
    """Give a promise another deadline, which no calendar, policy or pause moves any more."""
    case, at, words = _opened(session, viewer, reference, reason)
    timer = next((one for one in live(session, case) if one.id == timer_id), None)
    if timer is None or timer.breached_at is not None:
        raise Invalid("This promise is not running any more: a breach stays a breach.", field="timer")
    if due <= at:
        raise Invalid("The new deadline has passed already; choose one that lies ahead.", field="due")
    happened = changes.set_deadline(
        session, case, timer, due, calendars=city.calendars, at=at, actor=viewer.actor, reason=words
    )
    record(session, case, [happened], at=at)
    return case


def extend_decision(
    session: Session, viewer: Viewer, *, city: City, reference: str, days: int, reason: str, notice: str
) -> datetime:
    """Put off a decision as its law allows: once, before it is due, by so many calendar days; returns the new deadline.

    ``notice`` is what the applicant is told; where it cannot be sent there is no extension.
    """
    case, at, words = _opened(session, viewer, reference, reason)
    statute, timer = _decision(session, case, city)
    most = statute.extension()
    if not 1 <= days <= most:
        raise Invalid(f"{statute.name} allows an extension of 1 to {most} days.", field="days")
    if _was_extended(session, case):
        raise Invalid(f"{statute.name} allows one extension, and this request has had it.", field="days")
    if timer.due_at is None or at >= timer.due_at:
        raise Invalid("The time for a decision has run out; it can be put off only before.", field="days")
    calendar = city.calendars[statute.calendar]
    due = reckoning.due(calendar, Target(days, Unit.CALENDAR_DAYS), started=timer.due_at - timedelta(microseconds=1))
    happened = changes.set_deadline(
        session, case, timer, due, calendars=city.calendars, at=at, actor=viewer.actor, reason=words
    )
    extended = Happened("decision_extended", viewer.actor, {"days": days, "statute": statute.key}, {"reason": words})
    record(session, case, [extended, happened], at=at)
    replies.reply(session, viewer, city=city, reference=reference, text=notice)
    return due


def make_urgent(session: Session, viewer: Viewer, *, city: City, reference: str, reason: str) -> Case:
    """Put an information request under the law's time for life and liberty, counted from its first start."""
    case, at, words = _opened(session, viewer, reference, reason)
    statute, timer = _decision(session, case, city)
    terms = statute.decides(version=city.version, urgent=True)
    happened = changes.under(session, timer, terms, calendars=city.calendars, at=at)
    show_nearest(session, case)
    record(session, case, [Happened("made_urgent", viewer.actor, {}, {"reason": words}), *happened], at=at)
    return case


def ask_review(session: Session, viewer: Viewer, *, city: City, reference: str, reason: str) -> Case:
    """Start the internal review that the applicant has asked for; it ends the wait for the decision."""
    case, at, words = _opened(session, viewer, reference, reason)
    statute = _statute(case, city)
    made = promise(
        statute.reviews(version=city.version), TimerKind.INTERNAL_REVIEW, calendars=city.calendars, started=at
    )
    happened = meet(session, case, (TimerKind.DECISION,), at=at, actor=viewer.actor)
    begin(session, case, made)
    asked = Happened("review_asked", viewer.actor, {"statute": statute.key}, {"reason": words})
    record(session, case, [asked, *happened, made.happened], at=at)
    return case


def _opened(session: Session, viewer: Viewer, reference: str, reason: str) -> tuple[Case, datetime, str]:
    words = " ".join(reason.split())
    if not 1 <= len(words) <= LONGEST_REASON:
        raise Invalid(f"Give a reason of at most {LONGEST_REASON} characters; it stays with the case.", field="reason")
    case = access.for_change(session, viewer, Action.OVERRIDE, reference=reference)
    return case, clock.now(session), words


def _statute(case: Case, city: City) -> Statute:
    found = next((one for one in city.statutes if one.family == case.family), None)
    if found is None:
        raise Invalid("No law sets times for a case of this family.", field="reference")
    return found


def _decision(session: Session, case: Case, city: City) -> tuple[Statute, Timer]:
    statute = _statute(case, city)
    timer = next((one for one in live(session, case) if one.kind == TimerKind.DECISION), None)
    if timer is None:
        raise Invalid("No decision is being waited for in this case.", field="reference")
    return statute, timer


def _was_extended(session: Session, case: Case) -> bool:
    query = select(Event.id).where(Event.case_id == case.id, Event.kind == "decision_extended")
    return session.scalars(query).first() is not None
