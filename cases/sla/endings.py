"""What becomes of promises when a case ends, is taken up again, is merged, or its answer did not arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from cases.models import Case, Event, Filing, LetterRow, Message, Timer
from cases.models.event import Happened
from cases.sla import pauses, stretches
from cases.sla.calendar import Span
from cases.sla.deadlines import arm, ladder, reckon
from cases.sla.policy import Unanswered
from cases.sla.terms import thawed
from cases.sla.timers import (
    ANSWERS,
    LIVE,
    Calendars,
    TimerKind,
    TimerState,
    begin,
    breach_if_late,
    line,
    live,
    meet,
    met,
    promise,
    rested,
    show_nearest,
    stop,
)

#: what resolving a case keeps; the decision of an information request is such a resolution
_KEPT = (TimerKind.RESOLUTION, TimerKind.DEPARTMENT_LEG, TimerKind.DECISION, TimerKind.INTERNAL_REVIEW)
_CYCLES = (TimerKind.RESOLUTION, TimerKind.DEPARTMENT_LEG)
#: a message that cannot be counted as an answer any more
_LOST = ("failed", "expired", "undone")
#: a letter answers nobody before it was posted
_LEFT = or_(
    Message.channel != "letters",
    exists().where(LetterRow.message_id == Message.id, LetterRow.posted_on.is_not(None)),
)
#: a logged contact, which counts where the citizen was reached
_CONTACT = "contact_logged"


def resolve(session: Session, case: Case, *, at: datetime, actor: str) -> list[Happened]:
    """Keep the resolution's promise. An answer that was still owed is missed, or waived by its policy's rule."""
    happened = meet(session, case, _KEPT, at=at, actor=actor)
    for timer in live(session, case):
        happened += breach_if_late(timer, at=at)
        timer.state = _unkept(timer)
        stop(session, timer, at=at)
        happened.append(rested(timer, actor, why="resolved"))
    show_nearest(session, case)
    return happened


def _unkept(timer: Timer) -> TimerState:
    if timer.kind not in ANSWERS:
        return TimerState.ENDED
    waived = thawed(timer.policy).unanswered is Unanswered.WAIVED and timer.breached_at is None
    return TimerState.WAIVED if waived else TimerState.MISSED


def reopen(
    session: Session, case: Case, *, calendars: Calendars, at: datetime, resolved_at: datetime
) -> list[Happened]:
    """Promise the resolution once more: from the first start on, with all pauses, and without the time it was resolved.

    Each cycle keeps its own timer, so that reports can tell the first resolution from the last.
    """
    query = select(Timer).where(Timer.case_id == case.id, Timer.kind.in_(_CYCLES))
    latest = {timer.kind: timer for timer in session.scalars(query.order_by(Timer.instance))}
    return [
        one
        for timer in latest.values()
        if timer.met_at == resolved_at
        for one in _again(session, case, timer, calendars=calendars, gap=Span(resolved_at, at))
    ]


def _again(session: Session, case: Case, earlier: Timer, *, calendars: Calendars, gap: Span) -> list[Happened]:
    terms, at = thawed(earlier.policy), gap.end
    stood = [*stretches.of(session, earlier, at=at), gap]
    made = promise(terms, TimerKind(earlier.kind), calendars=calendars, started=earlier.started_at, pauses=stood)
    timer = begin(session, case, made)
    session.flush()
    stretches.copy(session, earlier, timer)
    stretches.add(session, timer, gap, reason="resolved")
    reckon(timer, calendars=calendars, pauses=stood, at=at)
    show_nearest(session, case)
    return [made.happened]


def end_all(session: Session, case: Case, *, at: datetime, why: str) -> list[Happened]:
    """Let all live promises of a case rest whose reason has gone, as of a case that was merged into another."""
    return end_some(session, case, [timer.id for timer in live(session, case)], at=at, why=why)


def end_some(session: Session, case: Case, ids: Collection[int], *, at: datetime, why: str) -> list[Happened]:
    """Let those of these promises rest that are still live."""
    happened = []
    for timer in live(session, case):
        if timer.id in ids:
            timer.state = TimerState.ENDED
            stop(session, timer, at=at)
            happened.append(rested(timer, why=why))
    show_nearest(session, case)
    return happened


def revive(
    session: Session, case: Case, timers: Iterable[Timer], *, calendars: Calendars, at: datetime, why: str
) -> list[Happened]:
    """Let promises go on that have ended, as if they never had: the time in between counts, and so does a pause."""
    happened = []
    for timer in timers:
        if timer.ended_at is not None:
            stretches.reopen(session, timer, ended=timer.ended_at, reason=case.status)
        timer.state, timer.ended_at = TimerState.BREACHED if timer.breached_at else TimerState.RUNNING, None
        session.flush()
        _run_on(session, timer, calendars=calendars, at=at)
        due = timer.due_at.isoformat() if timer.due_at else None
        happened.append(line("timer_revived", timer, {"state": str(timer.state), "due_at": due, "why": why}))
    happened += pauses.follow(session, case, case.status, calendars=calendars, at=at)
    return happened


def _run_on(session: Session, timer: Timer, *, calendars: Calendars, at: datetime) -> None:
    stood = stretches.of(session, timer, at=at)
    fixed = timer.overridden or timer.breached_at is not None
    if fixed and timer.due_at is not None:
        arm(timer, timer.due_at, calendars=calendars, pauses=stood, at=at)
    else:
        reckon(timer, calendars=calendars, pauses=stood, at=at)


def settle_answer(session: Session, case: Case, timer: Timer, *, calendars: Calendars, at: datetime) -> list[Happened]:
    """Look at the message that kept a promise: one that did not arrive takes it back, unless a later answer did.

    One that arrived after all keeps it again.
    """
    message = session.get(Message, timer.met_by)
    if message is None:
        return []
    lost = message.status in _LOST
    if timer.state == TimerState.MET:
        if not lost:
            timer.next_wake_at = None
            return []
        other = _later_answer(session, case, message.id)
        if other is not None:
            return _kept_by(session, timer, other)
        spoken = _spoken_after(session, case, message)
        if spoken is not None:
            return _kept_by_contact(session, timer, spoken)
        return _unmet(session, case, timer, calendars=calendars, at=at)
    return [] if lost or timer.state not in (*LIVE, TimerState.MISSED) else _kept_by(session, timer, message)


def _kept_by(session: Session, timer: Timer, message: Message) -> list[Happened]:
    met_at = max(message.created_at, timer.started_at)
    happened = breach_if_late(timer, at=met_at)
    timer.state, timer.met_by, timer.met_at = TimerState.MET, message.id, met_at
    stop(session, timer, at=met_at)
    return [*happened, met(timer)]


def _kept_by_contact(session: Session, timer: Timer, spoken: Event) -> list[Happened]:
    happened = breach_if_late(timer, at=spoken.at)
    timer.met_by, timer.met_at = None, spoken.at
    stop(session, timer, at=spoken.at)
    told = met(timer)
    return [*happened, replace(told, values={**told.values, "by": spoken.values["contact"]})]


def _unmet(session: Session, case: Case, timer: Timer, *, calendars: Calendars, at: datetime) -> list[Happened]:
    timer.state = TimerState.BREACHED if timer.breached_at else TimerState.RUNNING
    ended = timer.met_at or timer.ended_at
    if ended is not None:
        stretches.reopen(session, timer, ended=ended, reason=case.status)
    timer.met_at = timer.ended_at = timer.next_wake_at = None
    if case.resolved_at is not None or case.merged_into_id is not None:
        timer.state = TimerState.MISSED
        stop(session, timer, at=at)
    elif timer.breached_at is None:
        stood = stretches.of(session, timer, at=at)
        if timer.overridden and timer.due_at is not None:
            arm(timer, timer.due_at, calendars=calendars, pauses=stood, at=at)
        else:
            reckon(timer, calendars=calendars, pauses=stood, at=at)
    else:
        steps = ladder(timer, calendars=calendars, pauses=stretches.of(session, timer, at=at))
        timer.next_wake_at = steps[timer.rung].at if timer.rung < len(steps) else None
    due = timer.due_at.isoformat() if timer.due_at else None
    unmet = line("timer_unmet", timer, {"state": str(timer.state), "due_at": due}, message_id=timer.met_by)
    return [unmet, *pauses.follow(session, case, case.status, calendars=calendars, at=at)]


def take_back(session: Session, case: Case, timer: Timer, *, calendars: Calendars, at: datetime) -> list[Happened]:
    """Let a promise be as it was before a reply which never left: one that this had kept, or ended with its case.

    ``at`` is the reply's instant, so that no second of what followed counts.
    """
    happened = _unmet(session, case, timer, calendars=calendars, at=at)
    timer.met_by = None
    return [replace(happened[0], values={**happened[0].values, "why": "undone"}), *happened[1:]]


def _spoken_after(session: Session, case: Case, message: Message) -> Event | None:
    """Return the first contact after a lost message in which somebody spoke with the citizen."""
    query = select(Event).where(Event.case_id == case.id, Event.kind == _CONTACT, Event.at >= message.created_at)
    return session.scalars(query.where(Event.values["reached"].as_boolean()).order_by(Event.seq).limit(1)).first()


def _later_answer(session: Session, case: Case, message_id: int) -> Message | None:
    """Return the first answer that an agent wrote after the lost one and that is not lost itself."""
    query = (
        select(Message)
        .join(Filing, Filing.message_id == Message.id)
        .where(
            Filing.case_id == case.id,
            Filing.removed_at.is_(None),
            Message.id > message_id,
            Message.direction == "out",
            Message.automatic.is_(False),
            Message.status.not_in(_LOST),
            _LEFT,
        )
        .order_by(Message.id)
        .limit(1)
    )
    return session.scalars(query).first()
