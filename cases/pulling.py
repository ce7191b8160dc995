"""Pull-back: a case on which its agent has done nothing within the working time goes back to the queue.

Not while it waits for somebody outside, and not once it was answered since the citizen's last words. The time begins
with the citizen's words, the assignment, or the agent's own last act, whichever is latest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Boolean, String, func, literal_column, or_, select
from sqlalchemy.orm import Session

from cases import bells, rota
from cases.departments import City, Department
from cases.models import Case, Event
from cases.models.event import Happened, record
from cases.permissions import SYSTEM, Role
from cases.recipients import Staff
from cases.sla import reckoning
from cases.sla.calendar import Calendar
from cases.sla.policy import Target, Unit

MOST, LOOKED_AT = 100, 200
#: what somebody else does and what still gives the agent the whole time again
_BEGINS = ("assigned", "handed_over", "handed_back", "message_received", "status_changed", "reopened")
_OPEN = literal_column("case_file.status in ('new', 'open')", Boolean)
_DAY = timedelta(days=1)


class Idle(NamedTuple):
    """A case that may have been let lie: nothing counts as done since ``since``."""

    case_id: int
    version: int
    since: datetime


def pull_back(session: Session, *, city: City, at: datetime, most: int = MOST) -> int:
    """Take back at most so many cases that were let lie, in the departments that want that; returns how many."""
    wanting = [one for one in city.departments.values() if one.assigning.pull_back_after]
    if not wanting:
        return 0
    staff, pulled = rota.read(session, city, at=at), 0
    for one in wanting:
        pulled += _of(session, one, staff, city=city, at=at, most=most - pulled)
    return pulled


def _of(session: Session, department: Department, staff: Staff, *, city: City, at: datetime, most: int) -> int:
    target, calendar = department.assigning.pull_back_after, rota.calendar_of(city, department.key)
    assert target is not None
    pulled, last = 0, 0
    while pulled < most and (page := _idle(session, department.key, before=at - _least(target), after=last)):
        over = [one for one in page if _is_over(calendar, target, one.since, at)]
        for case, since in _held(session, over[: most - pulled]):
            _take_back(session, case, since, target, staff, calendar=calendar, at=at)
            pulled += 1
        last = page[-1].case_id
    return pulled


def _idle(session: Session, department: str, *, before: datetime, after: int) -> Sequence[Idle]:
    acts = or_(Event.kind.in_(_BEGINS), Event.actor == func.concat("agent:", Case.assignee_id.cast(String)))
    since = select(func.max(Event.at)).where(Event.case_id == Case.id, acts).scalar_subquery()
    query = (
        select(Case.id, Case.version, func.coalesce(since, Case.opened_at))
        .where(_OPEN, Case.snoozed_until.is_(None), Case.assignee_id.is_not(None), Case.department == department)
        .where(Case.last_speaker == "citizen", Case.last_message_at <= before, Case.id > after)
        .order_by(Case.id)
        .limit(LOOKED_AT)
    )
    return [Idle(*row) for row in session.execute(query)]


def _held(session: Session, over: Iterable[Idle]) -> Sequence[tuple[Case, datetime]]:
    """Lock the cases that are still as they were looked at; what somebody holds now is being worked on."""
    known = {one.case_id: one for one in over}
    query = select(Case).where(Case.id.in_(known)).order_by(Case.id)
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return [(case, known[case.id].since) for case in session.scalars(locked) if case.version == known[case.id].version]


def _take_back(
    session: Session, case: Case, since: datetime, target: Target, staff: Staff, *, calendar: Calendar, at: datetime
) -> None:
    agent_id = case.assignee_id
    assert agent_id is not None
    told = [one.agent_id for one in staff.who([Role.SUPERVISOR], case, calendar=calendar, at=at)]
    case.assignee_id = None
    values: dict[str, Any] = {"agent": agent_id, "since": since.isoformat()}
    values |= {"amount": target.amount, "unit": target.unit.value}
    record(session, case, [Happened("pulled_back", SYSTEM.actor, values)], at=at)
    bells.ring(session, [agent_id, *told], case, kind=bells.PULLED_BACK, at=at, about=str(agent_id))


def _is_over(calendar: Calendar, target: Target, since: datetime, at: datetime) -> bool:
    try:
        return reckoning.due(calendar, target, started=since) <= at
    except OverflowError:  # a calendar that is hardly ever open
        return False


def _least(target: Target) -> timedelta:
    """Return how long on the clock the time lasts at the least, whatever the calendar is."""
    return timedelta(minutes=target.amount) if target.unit is Unit.MINUTES else (target.amount - 1) * _DAY
