"""A department whose cases are given out, its people, and a clock that a test sets; all of it on real engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select, update

from cases import handing_over, profiles, pulling, pushing, staff
from cases.departments import Assigning, City, Department, Service
from cases.models import Absence, AgentProfile, Case, Event, Notice
from cases.permissions import SYSTEM, Viewer
from cases.sla.policy import Policy, Target, Unit
from cases.texts import Catalogue
from contactcentre.db import Database
from tests.factories import make_agent, phone, say
from tests.integration.office import Office, hours, make_office, now, when

LIFT = Service("lift", "Missed lift", "service", "waste")
PUSH = Assigning(push=True, cap=3, tags=True)
PULL_BACK = Assigning(pull_back_after=Target(240, Unit.MINUTES))


def city_of(assigning: Assigning) -> City:
    """Return the office's city, whose waste department assigns like this; Fante (fat) is spoken there too."""
    made = make_office(Policy("usual", {"first_response": hours(4), "resolution": hours(16)}, "office"))
    waste = Department("waste", "Waste", "Waste", (LIFT,), assigning=assigning)
    names = {"en": "English", "fat": "Fante"}
    organisation = replace(made.organisation, languages=("en", "fat"))
    texts: Catalogue = replace(made.texts, names=names)
    departments = {**made.departments, "waste": waste}
    return replace(made, departments=departments, organisation=organisation, texts=texts)


class Yard(Office):
    """The waste department: ``hires`` its people, citizens ``write`` to it, tickers ``give`` and take."""

    def __init__(self, db: Database, assigning: Assigning) -> None:
        super().__init__(db, city_of(assigning))

    def at(self, instant: str) -> Yard:
        """Let it be this instant, in UTC, until another is named."""
        super().at(instant)
        return self

    def hires(self, name: str, *roles: tuple[str, str], **profile: object) -> Viewer:
        """Hire somebody, an agent of the waste department by default, with this profile."""

        def work(uow: object) -> Viewer:
            session = uow.session  # type: ignore[attr-defined]
            made = make_agent(session, name, *(roles or (("agent", "waste"),)))
            if profile:
                session.add(AgentProfile(agent_id=made.id, **profile))
            return made

        return self.db.run(work)

    def writes(self, number: int = 1, **values: object) -> int:
        """Let a citizen write to the department; returns the case, its row changed like this."""

        def work(uow: object) -> int:
            session = uow.session  # type: ignore[attr-defined]
            sent = {"sender": phone(number), "account": "sms-waste"}
            case_id = say(session, self.city, "The bin is full", **sent).case_id
            if values:
                session.execute(update(Case).where(Case.id == case_id).values(**values))
            assert case_id is not None
            return case_id

        self.case_id = self.db.run(work)
        return self.case_id

    def give(self) -> int:
        """Let a ticker give cases out once."""
        return self.db.run(lambda uow: pushing.push(uow.session, city=self.city, at=now()))

    def pull(self) -> int:
        """Let a ticker take back what was let lie."""
        return self.db.run(lambda uow: pulling.pull_back(uow.session, city=self.city, at=now()))

    def leaves(self, who: Viewer, since: str, until: str, stand_in: Viewer | None = None, **more: object) -> int:
        """Note somebody's leave."""
        days: dict[str, datetime] = {"since": when(since), "until": when(until)}
        other = stand_in.id if stand_in else None
        return self.db.run(
            lambda uow: staff.add_leave(uow.session, who, agent_id=who.id or 0, stand_in_id=other, **days, **more)  # type: ignore[arg-type]
        )

    def hand_over(self) -> int:
        """Let a ticker look at leaves that begin."""
        return self.db.run(lambda uow: handing_over.begin_leaves(uow.session, city=self.city, at=now()))

    def give_back(self) -> int:
        """Let a ticker look at leaves that have ended."""
        return self.db.run(lambda uow: handing_over.end_leaves(uow.session, at=now()))

    def owner(self, case_id: int | None = None) -> int | None:
        """Return whose a case is."""
        with self.db.reader() as session:
            return session.get_one(Case, case_id or self.case_id).assignee_id

    def why(self) -> str:
        """Return the reason of the case's last assignment."""
        return str(self.history("assigned")[-1].get("why"))

    def loads(self) -> dict[int | None, int]:
        """Return how many cases each has."""
        with self.db.reader() as session:
            return dict(session.execute(select(Case.assignee_id, func.count()).group_by(Case.assignee_id)).all())

    def told(self) -> list[tuple[int, str]]:
        """Return who was told of what by assignment."""
        with self.db.reader() as session:
            query = select(Notice.agent_id, Notice.kind).where(Notice.kind != "escalation").order_by(Notice.id)
            return [(agent_id, kind) for agent_id, kind in session.execute(query)]

    def absence(self, absence_id: int) -> Absence:
        """Return a leave as it stands."""
        with self.db.reader() as session:
            return session.get_one(Absence, absence_id)

    def events(self, kind: str) -> int:
        """Count the events of a kind, of all cases."""
        with self.db.reader() as session:
            return session.scalar(select(func.count()).select_from(Event).where(Event.kind == kind)) or 0

    def tags(self, who: Viewer, languages: list[str], skills: list[str]) -> None:
        """Set what somebody speaks and knows."""
        how = {"city": self.city, "agent_id": who.id or 0, "languages": languages, "skills": skills}
        self.db.run(lambda uow: profiles.set_tags(uow.session, SYSTEM if who.id is None else who, **how))  # type: ignore[arg-type]
