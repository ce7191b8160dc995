"""A small city's people and the steps that they are told of: steps reached, addressed, told and counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases import notices
from cases.departments import City
from cases.models import Agent, Case, Escalation, Notice, Timer
from cases.permissions import Viewer
from cases.queries import notices as query
from cases.sla.calendar import ALWAYS_OPEN, Calendar, SpecialDay, Window
from cases.sla.policy import Policy, Step, Target, Unit
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say

NINE_TO_FIVE = ((Window(540, 1020),),) * 5 + ((),) * 2
#: Friday 6 March is a holiday
OFFICE = Calendar(
    "office", "Africa/Accra", NINE_TO_FIVE, {date(2026, 3, 6): SpecialDay(date(2026, 3, 6), (), "Holiday")}
)
STEPS = (Step("50%", ("assignee",)), Step("due", ("supervisor",)))
CITY = make_city(
    policies=(Policy("first", {"first_response": Target(24, Unit.ELAPSED)}, "office", steps=STEPS),),
    calendars={"office": OFFICE, ALWAYS_OPEN.key: ALWAYS_OPEN},
)


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026, which began on a Sunday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


TUESDAY = on(3, 10)


@dataclass(frozen=True)
class People:
    """Everybody by name."""

    by_name: dict[str, Viewer]

    def id(self, name: str) -> int:
        found = self.by_name[name].id
        assert found is not None
        return found

    def name(self, agent_id: int) -> str:
        return next(name for name, one in self.by_name.items() if one.id == agent_id)


ROLES: dict[str, tuple[tuple[str, str], ...]] = {
    "Ama": (("agent", "waste"),),
    "Kofi": (("agent", "waste"), ("counter_clerk", "waste")),
    "Esi": (("supervisor", "waste"),),
    "Yaw": (("supervisor", "*"),),
    "Efua": (("executive", "waste"),),
    "Kojo": (("agent", "desk"), ("supervisor", "desk")),
    "Gone": (("agent", "waste"), ("supervisor", "waste")),
}


def hired(db: Database) -> People:
    """Make everybody; one of them has left."""

    def work(session: Session) -> People:
        made = {name: make_agent(session, name, *roles) for name, roles in ROLES.items()}
        session.execute(update(Agent).where(Agent.id == made["Gone"].id).values(active=False))
        return People(made)

    return db.run(lambda uow: work(uow.session))


def opened(db: Database, number: int = 1, **values: object) -> Case:
    """Open a case at the waste department's number, and change its row."""

    def work(session: Session) -> Case:
        case_id = say(session, CITY, "The bin is full", sender=phone(number), account="sms-waste").case_id
        session.execute(update(Case).where(Case.id == case_id).values(**{"department": "waste", **values}))
        return session.get_one(Case, case_id, populate_existing=True)

    return db.run(lambda uow: work(uow.session))


def escalated(db: Database, case: Case, *to: str, step: str = "due") -> None:
    """Let a step of the case's promise have been reached."""

    def work(session: Session) -> None:
        timer = session.scalars(select(Timer).where(Timer.case_id == case.id)).one()
        row = {"step": step, "due_at": timer.due_at, "to": list(to), "created_at": TUESDAY}
        session.add(Escalation(timer_id=timer.id, case_id=case.id, **row))

    db.run(lambda uow: work(uow.session))


def addressed(db: Database, *, at: datetime = TUESDAY, city: City = CITY) -> int:
    return db.run(lambda uow: notices.address(uow.session, city=city, at=at))


def told(db: Database, *, at: datetime, city: City = CITY) -> notices.Told:
    return db.run(lambda uow: notices.tell(uow.session, city=city, at=at))


def rows(db: Database) -> list[Notice]:
    with db.reader() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def names(db: Database, people: People) -> list[str]:
    return sorted(people.name(one.agent_id) for one in rows(db))


def unread(db: Database, viewer: Viewer) -> int:
    with db.reader() as session:
        return query.unread(session, viewer)
