"""What a supervisor finds in a department in the morning: late work, an absent agent, a busy one and a free one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from cases import assignment, clock, intake, overrides, people, references, snoozing, staff
from cases.models import Case, Timer
from cases.permissions import SYSTEM, Viewer, ViewerKind
from contactcentre.auth import passwords
from tests.e2e.furnished import PASSWORD
from tests.factories import inbound, phone

if TYPE_CHECKING:
    from contactcentre.container import Container

WHO, DEPARTMENT, NAME, ACCOUNT = "mawuli", "agriculture", "Agric", "sms-at"
ABSENT, BUSY, FREE = "Absent Invented", "Busy Invented", "Free Invented"
WORDS = "Insects destroy my maize, farm"
#: minutes until the busy one's cases are due: one of three is done by then, and a colleague can do another
SOON = 25


@dataclass(frozen=True)
class Morning:
    """References: two overdue cases of the absent agent, three due soon of the busy one, one that is put aside."""

    overdue: list[str]
    soon: list[str]
    parked: str


def begin(container: Container) -> Morning:
    """Let the morning begin."""
    hashed = passwords.hash(PASSWORD)
    return container.db.run(lambda uow: _begin(uow.session, container, hashed))


def _begin(session: Any, container: Container, hashed: str) -> Morning:
    grants = {WHO: ("Mawuli Demo", "supervisor", "*")}
    grants |= {name.split()[0].lower(): (name, "agent", DEPARTMENT) for name in (ABSENT, BUSY, FREE)}
    made = {
        name: people.add(session, SYSTEM, username=username, name=name, grants=[(role, where)], password_hash=hashed).id
        for username, (name, role, where) in grants.items()
    }
    who = Viewer(ViewerKind.AGENT, made["Mawuli Demo"], "Mawuli Demo", frozenset({("supervisor", "*")}))
    now = clock.now(session)
    today = now.astimezone(ZoneInfo(container.city.organisation.timezone)).weekday()
    for name in (BUSY, FREE):
        staff.set_hours(session, who, agent_id=made[name], shifts=[(day, 0, 1440) for day in range(7)])
    staff.set_hours(session, who, agent_id=made[ABSENT], shifts=[((today + 3) % 7, 480, 1020)])
    cases = [_case(session, container, number, days=10 if number < 2 else 0) for number in range(10)]
    for case, name in zip(cases[:5], (ABSENT, ABSENT, BUSY, BUSY, BUSY), strict=True):
        assignment.assign(session, who, city=container.city, reference=case.reference, agent_id=made[name])
    for case in cases[2:5]:
        _due(session, who, container, case, now + timedelta(minutes=SOON))
    until, why = now + timedelta(days=2), "The extension officer is at a workshop"
    snoozing.snooze(session, who, reference=cases[5].reference, until=until, reason=why)
    for number, case in enumerate(cases[6:]):
        case.status, case.outcome = "closed", "answered"
        case.closed_at = now - timedelta(days=today + 3, hours=number)
    written = [references.written(one.reference) for one in cases]
    return Morning(written[:2], written[2:5], written[5])


def _case(session: Any, container: Container, number: int, *, days: int) -> Case:
    said = inbound(f"{WORDS} {number}", sender=phone(9_100 + number), account=ACCOUNT)
    at = clock.now(session) - timedelta(days=days)
    received = intake.receive(session, said, city=container.city, received_at=at)
    case = session.get_one(Case, received.case_id)
    assert case.department == DEPARTMENT, case.department
    return case


def _due(session: Any, who: Viewer, container: Container, case: Case, due: Any) -> None:
    timer = session.scalars(select(Timer).where(Timer.case_id == case.id).order_by(Timer.due_at)).first()
    how = {"city": container.city, "reference": case.reference, "timer_id": timer.id}
    overrides.set_deadline(session, who, due=due, reason="The market opens then", **how)
