"""Danger to life is told to the people of the departments to alert, at once and each once in a case.

Intake writes down who may have to hear of it, in one statement and for emergencies alone; who is there is told by the
ticker's next look. Who may not read the case is told its reference and the emergency number, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, delete, exists, literal, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from cases import rota, staff_texts
from cases.base import table
from cases.departments import City
from cases.lifecycle import ENDED
from cases.models import Absence, Agent, AgentRole, Case, Notice
from cases.notices import MOST, Told
from cases.permissions import ANY_DEPARTMENT, Role
from cases.recipients import Person, Staff, leave_at

KIND = "alert"
TEXT = "staff_alert"
_AT = bindparam("at", type_=Notice.created_at.type)
_CASE = bindparam("case_id", type_=Notice.case_id.type)
_OF_DEPARTMENTS = (
    select(AgentRole.agent_id)
    .where(AgentRole.role.in_((Role.AGENT, Role.SUPERVISOR)))
    .where(AgentRole.department.in_(bindparam("departments", expanding=True)))
)
_STAND_INS = select(Absence.stand_in_id).where(
    Absence.agent_id.in_(_OF_DEPARTMENTS), Absence.since <= _AT, Absence.until > _AT
)
_ALREADY = aliased(Notice)
_CALLED = (
    select(Agent.id, _CASE, literal(KIND), literal(""), literal(""), _AT, _AT, _AT)
    .where(Agent.active, Agent.id.in_(union(_OF_DEPARTMENTS, _STAND_INS)))
    .where(~exists().where(_ALREADY.case_id == _CASE, _ALREADY.agent_id == Agent.id, _ALREADY.kind == KIND))
)
_CALL = insert(table(Notice)).from_select(
    ["agent_id", "case_id", "kind", "step", "timer_kind", "due_at", "not_before", "created_at"], _CALLED
)
_UNTOLD = (
    select(Notice, Case, Agent)
    .join(Case, Case.id == Notice.case_id)
    .join(Agent, Agent.id == Notice.agent_id)
    .where(Notice.kind == KIND, Notice.sent_at.is_(None), Notice.not_before <= bindparam("at"))
    .order_by(Notice.not_before, Notice.id)
    .limit(bindparam("most"))
    .with_for_update(of=Notice, skip_locked=True)
    .execution_options(populate_existing=True)
)
Untold = tuple[Notice, Case, Agent]


def call(session: Session, case_id: int, departments: Iterable[str], *, at: datetime) -> None:
    """Write down who of these departments is to be told of a case, whose row this transaction holds; one statement."""
    wanted = [*departments, ANY_DEPARTMENT]
    session.execute(_CALL, {"case_id": case_id, "departments": wanted, "at": at})


def tell(session: Session, *, city: City, at: datetime, most: int = MOST) -> Told:
    """Tell who is there: agents in their hours, and supervisors at any hour; others are taken off the list.

    Where nobody is there, everybody on it is told. Nobody is told of a case that has ended meanwhile.
    """
    found: Sequence[Untold] = [(one, case, agent) for one, case, agent in session.execute(_UNTOLD, _asked(at, most))]
    if not found:
        return Told(0)
    told = list(_told(found, rota.read(session, city, at=at), city=city, at=at))
    hear = {notice.id for notice, _, _ in told}
    session.execute(delete(Notice).where(Notice.id.in_([one.id for one, _, _ in found if one.id not in hear])))
    accounts = set()
    # In the order of their numbers, so that two callers never wait for each other's address.
    for notice, case, agent in sorted(told, key=lambda row: (row[2].phone or "", row[0].id)):
        values = partial(_values, case, city)
        sent = staff_texts.send(session, case, agent, key=TEXT, values=values, city=city, at=at)
        notice.sent_at = at
        if sent is not None:
            notice.message_id = sent.message_id
            accounts.add(sent.account)
    session.flush()
    return Told(len(found), frozenset(accounts))


def _asked(at: datetime, most: int) -> dict[str, object]:
    return {"at": at, "most": most}


def _told(found: Iterable[Untold], staff: Staff, *, city: City, at: datetime) -> Iterator[Untold]:
    by_case: dict[int, list[Untold]] = defaultdict(list)
    for row in found:
        if row[1].status not in ENDED and row[0].agent_id in staff.people:
            by_case[row[1].id].append(row)
    departments = city.emergency.alert if city.emergency else ()
    for rows in by_case.values():
        there = [row for row in rows if _hears(staff.people[row[0].agent_id], staff, departments, city=city, at=at)]
        yield from there or rows


def _hears(person: Person, staff: Staff, departments: Iterable[str], *, city: City, at: datetime) -> bool:
    """Tell whether somebody is there: no leave, and a supervisor, or in the place of one, or in their hours."""
    if leave_at(person, at) is not None:
        return False
    stood_for = [one for one in staff.people.values() if (leave := leave_at(one, at)) and leave.stand_in == person.id]
    for department in departments:
        if any(_has(one, Role.SUPERVISOR, department) for one in (person, *stood_for)):
            return True
        works = any(_has(one, Role.AGENT, department) for one in (person, *stood_for))
        if works and staff.is_here(person.id, calendar=rota.calendar_of(city, department), at=at):
            return True
    return False


def _has(person: Person, role: Role, department: str) -> bool:
    return bool({(role, department), (role, ANY_DEPARTMENT)} & person.viewer.grants)


def _values(case: Case, city: City) -> dict[str, str]:
    return {"reference": staff_texts.reference(case), "emergency": city.organisation.emergency_number}
