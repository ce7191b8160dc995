"""A leave begins: the agent's open cases go to their stand-in, each noted down. It ends: they come back.

Once for each leave, whoever calls and however often: the leave's row is locked and says what was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from cases import assignment, bells, profiles, rota
from cases.departments import City
from cases.lifecycle import LIVE
from cases.models import Absence, Agent, Case, Handover
from cases.models.event import Happened, record
from cases.permissions import SYSTEM, Action, Viewer, may
from cases.recipients import Staff, leave_at

#: leaves in one transaction, each with all of its cases
MOST = 5
BACK = "back"


def begin_leaves(session: Session, *, city: City, at: datetime) -> int:
    """Hand over for leaves that have begun and go on; returns how many. Without a stand-in the cases stay."""
    query = select(Absence).where(Absence.since <= at, Absence.until > at, Absence.handed_at.is_(None))
    leaves = session.scalars(_claimed(query)).all()
    staff = rota.read(session, city, at=at) if leaves else None
    for leave in leaves:
        leave.handed_at = at
        if leave.stand_in_id is not None and staff is not None:
            _hand_over(session, leave, staff, at=at)
    session.flush()
    return len(leaves)


def end_leaves(session: Session, *, at: datetime) -> int:
    """Give back after leaves that are over; returns how many. Who is on another leave by then is waited for."""
    other = aliased(Absence)
    still = exists().where(other.agent_id == Absence.agent_id, other.since <= at, other.until > at)
    query = select(Absence).where(Absence.until <= at, Absence.handed_at.is_not(None), Absence.returned_at.is_(None))
    leaves = session.scalars(_claimed(query.where(~still))).all()
    for leave in leaves:
        leave.returned_at = at
        _give_back(session, leave, at=at)
    session.flush()
    return len(leaves)


def open_cases(session: Session, agent_id: int) -> Sequence[Case]:
    """Return somebody's open cases, locked, in the order of their numbers."""
    query = select(Case).where(Case.assignee_id == agent_id, Case.status.in_(LIVE)).order_by(Case.id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def release_inactive(session: Session, *, at: datetime) -> int:
    """Put the open cases of those who do not work here any more back into the queue; returns how many."""
    query = (
        select(Case.assignee_id)
        .join(Agent, Agent.id == Case.assignee_id)
        .where(~Agent.active, Case.status.in_(LIVE))
        .distinct()
    )
    return sum(release(session, agent_id, at=at) for agent_id in session.scalars(query).all() if agent_id is not None)


def release(session: Session, agent_id: int, *, at: datetime) -> int:
    """Put somebody's open cases back into the queue, because their log-in was ended; returns how many."""
    cases = open_cases(session, agent_id)
    for case in cases:
        case.assignee_id = None
        values = {"agent": None, "from": agent_id, "why": "its agent does not work here any more"}
        record(session, case, [Happened("unassigned", SYSTEM.actor, values)], at=at)
    return len(cases)


def stand_in_of(staff: Staff, agent_id: int, case: Case, *, at: datetime) -> int | None:
    """Return who works on a case in somebody's place: their stand-in, or who stands in for that one in turn.

    None where nobody does who is there and may answer in the case.
    """
    seen: set[int] = set()
    one = staff.people.get(agent_id)
    while one is not None and one.id not in seen:
        leave = leave_at(one, at)
        if leave is None:
            return one.id if may(one.viewer, Action.REPLY, case) else None
        seen.add(one.id)
        one = staff.people.get(leave.stand_in or 0)
    return None


def _hand_over(session: Session, leave: Absence, staff: Staff, *, at: datetime) -> None:
    first: dict[int, Case] = {}
    for case in open_cases(session, leave.agent_id):
        to = stand_in_of(staff, leave.agent_id, case, at=at)
        case.assignee_id = to
        row = {"absence_id": leave.id, "case_id": case.id, "agent_id": leave.agent_id, "stand_in_id": to, "at": at}
        as_it_stands = {"status": case.status, "due_at": case.due_at, "last_message_at": case.last_message_at}
        session.add(Handover(**row, **as_it_stands))
        values = {"agent": to, "from": leave.agent_id, "until": leave.until.isoformat()}
        record(session, case, [Happened("handed_over", SYSTEM.actor, values)], at=at)
        if to is not None:
            first.setdefault(to, case)
    for agent_id, case in sorted(first.items()):
        bells.ring(session, [agent_id], case, kind=bells.HANDED_OVER, at=at, about=str(leave.agent_id))
    profiles.got_one(session, first, at=at)


def _give_back(session: Session, leave: Absence, *, at: datetime) -> None:
    rows = session.scalars(select(Handover).where(Handover.absence_id == leave.id).order_by(Handover.case_id)).all()
    query = select(Case).where(Case.id.in_([one.case_id for one in rows])).order_by(Case.id).with_for_update()
    cases = {one.id: one for one in session.scalars(query.execution_options(populate_existing=True))}
    whose = assignment.viewer_of(session, leave.agent_id)
    for row in rows:
        case = cases[row.case_id]
        row.returned = _stays(case, row, leave, whose) or BACK
        if row.returned == BACK:
            case.assignee_id = leave.agent_id
            values = {"agent": leave.agent_id, "from": row.stand_in_id}
            record(session, case, [Happened("handed_back", SYSTEM.actor, values)], at=at)
    back = next((cases[row.case_id] for row in rows if row.returned == BACK), None)
    if back is not None:
        bells.ring(session, [leave.agent_id], back, kind=bells.HANDED_OVER, at=at, about=str(leave.agent_id))


def _stays(case: Case, row: Handover, leave: Absence, whose: Viewer) -> str:
    """Return why a case does not come back, empty if it does."""
    if not leave.returns:
        return "stays by the leave's own word"
    if case.status not in LIVE:
        return "ended meanwhile"
    if row.stand_in_id is None or case.assignee_id != row.stand_in_id:
        return "in other hands by now"
    return "" if may(whose, Action.REPLY, case) else "they may not work on it any more"


def _claimed(query: Any) -> Any:
    return query.order_by(Absence.id).limit(MOST).with_for_update(skip_locked=True, of=Absence)
