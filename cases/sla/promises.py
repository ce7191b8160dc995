"""Which promises a case is owed: at its opening, when its citizen writes again, when a department takes it over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from cases.models import Case
from cases.models.event import Happened
from cases.sla import pauses
from cases.sla.policy import Policy, choose
from cases.sla.statutes import Statute
from cases.sla.terms import terms_of
from cases.sla.timers import (
    ANSWERS,
    Calendars,
    Promise,
    TimerKind,
    TimerState,
    begin,
    breach_if_late,
    live,
    promise,
    rested,
    show_nearest,
    stop,
)

_AT_OPENING = (TimerKind.FIRST_RESPONSE, TimerKind.RESOLUTION, TimerKind.DEPARTMENT_LEG)


class Promises(Protocol):
    """What of a city decides its promises."""

    @property
    def policies(self) -> tuple[Policy, ...]: ...
    @property
    def statutes(self) -> tuple[Statute, ...]: ...
    @property
    def calendars(self) -> Calendars: ...
    @property
    def version(self) -> int: ...


def to_new_case(
    city: Promises,
    *,
    department: str | None,
    service: str | None,
    family: str,
    started: datetime,
    priority: str = "normal",
    channel: str = "",
) -> list[Promise]:
    """Return the promises that a case starts with; ``started`` is when the citizen's words were received."""
    policy = choose(city.policies, department=department, service=service, priority=priority, channel=channel)
    found = [_one(city, policy, kind, started=started) for kind in _AT_OPENING]
    for statute in city.statutes:
        if statute.family == family:
            terms = statute.decides(version=city.version)
            found.append(promise(terms, TimerKind.DECISION, calendars=city.calendars, started=started))
    return [one for one in found if one is not None]


def citizen_wrote(session: Session, case: Case, *, city: Promises, received: datetime) -> list[Happened]:
    """Owe an answer from the oldest unanswered message on: further ones while it is owed change nothing.

    While the first answer is still owed, that alone is counted.
    """
    if any(timer.kind in ANSWERS for timer in live(session, case)):
        return []
    made = _one(city, policy_of(city, case), TimerKind.NEXT_RESPONSE, started=received)
    if made is None:
        return []
    begin(session, case, made)
    return [made.happened]


def new_leg(session: Session, case: Case, *, city: Promises, at: datetime) -> list[Happened]:
    """Let the clock of the department that had the case rest, and start that of the one that has it now.

    What was promised to the citizen is not touched.
    """
    happened = []
    for timer in live(session, case):
        if timer.kind == TimerKind.DEPARTMENT_LEG:
            happened += breach_if_late(timer, at=at)
            timer.state = TimerState.ENDED
            stop(session, timer, at=at)
            happened.append(rested(timer, why="transferred"))
    made = _one(city, policy_of(city, case), TimerKind.DEPARTMENT_LEG, started=at)
    if made is not None:
        begin(session, case, made)
        happened += [made.happened, *pauses.follow(session, case, case.status, calendars=city.calendars, at=at)]
    show_nearest(session, case)
    return happened


def policy_of(city: Promises, case: Case) -> Policy | None:
    """Return the policy that fits a case as it is now."""
    where = {"department": case.department, "service": case.service}
    return choose(city.policies, **where, priority=case.priority, channel=case.channel)


def open_questions(statute: Statute) -> Mapping[str, int | None]:
    """Return the times of a law that are asked for at the legal officer's where they are None."""
    return {
        "ask for internal review": statute.ask_review_within_days,
        "go to the commission": statute.ask_commission_within_days,
        "transfer to another body": statute.transfer_within_days,
        "tell a third party": statute.third_party_within_days,
    }


def _one(city: Promises, policy: Policy | None, kind: TimerKind, *, started: datetime) -> Promise | None:
    terms = terms_of(policy, kind, version=city.version) if policy else None
    return promise(terms, kind, calendars=city.calendars, started=started) if terms else None
