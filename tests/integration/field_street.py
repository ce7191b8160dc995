"""An officer in the street and colleagues at their desks, at the same job."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from sqlalchemy import select

from cases import tasks
from cases.errors import DomainError
from cases.field import acts, doing
from cases.field.answers import Answer, of_error
from cases.messages import KeptFile
from cases.models import Case, FieldAct, Task
from cases.permissions import Viewer
from cases.queries import field as queries
from cases.queries.field import Job, Jobs
from tests.factories import make_agent
from tests.integration.office import Office

_keys = itertools.count(1)


@dataclass
class Street:
    """One job of a case, an officer who has it, and whoever else works there."""

    desk: Office
    officer: Viewer
    task: Task
    seen: int = 0
    answers: list[Answer] = field(default_factory=list)

    def hires(self, name: str, *roles: tuple[str, str]) -> Viewer:
        return self.desk.db.run(lambda uow: make_agent(uow.session, name, *roles))

    def looks(self) -> int:
        """Let the phone load the jobs: it then knows all that has happened."""
        self.seen = self.desk.case.event_seq
        return self.seen

    def sends(
        self, kind: str, *, viewer: Viewer | None = None, photo: KeptFile | None = None, **more: object
    ) -> Answer:
        """Let a phone send one act, as the page's address does it; returns the answer."""
        sent = {
            "key": f"phone-{next(_keys):08d}",
            "kind": kind,
            "reference": self.desk.case.reference,
            "task": self.task.id,
            "seen": self.seen,
            **more,
        }
        try:
            act = acts.read(sent)
            told = self.desk.db.run(lambda uow: doing.do(uow.session, viewer or self.officer, act, photo=photo))
        except DomainError as error:
            told = of_error(str(sent["key"]), error)
        self.answers.append(told)
        return told

    def jobs(self, viewer: Viewer | None = None) -> Jobs:
        with self.desk.db.reader() as session:
            return queries.today(session, viewer or self.officer, city=self.desk.city)

    def job(self, viewer: Viewer | None = None) -> Job:
        with self.desk.db.reader() as session:
            return queries.one(session, viewer or self.officer, self.task.id, city=self.desk.city)

    def row(self) -> Task:
        with self.desk.db.reader() as session:
            return session.get_one(Task, self.task.id)

    def kept(self) -> list[FieldAct]:
        with self.desk.db.reader() as session:
            return list(session.scalars(select(FieldAct).order_by(FieldAct.id)))

    def change(self, **values: object) -> None:
        """Change the case's row by hand."""
        self.desk.plants()

        def work(uow: object) -> None:
            case = uow.session.get_one(Case, self.desk.case_id)  # type: ignore[attr-defined]
            for name, value in values.items():
                setattr(case, name, value)

        self.desk.db.run(work)


def opened(desk: Office, *, title: str = "Lift the slab", own: bool = True, **more: object) -> Street:
    """Open a job in the case that the office has; the officer has it unless it is nobody's."""
    officer = desk.db.run(lambda uow: make_agent(uow.session, "Kofi", ("field_officer", "desk")))
    values = {
        "city": desk.city,
        "reference": desk.case.reference,
        "title": title,
        "kind": tasks.TaskKind.FIELD_JOB,
        "assignee_id": officer.id if own else None,
        **more,
    }
    task = desk.db.run(lambda uow: tasks.open(uow.session, desk.agent, **values))  # type: ignore[arg-type]
    made = Street(desk, officer, task)
    made.looks()
    return made
