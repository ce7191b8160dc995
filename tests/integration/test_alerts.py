"""Danger to life reaches the departments to alert: who is there, once each, and no more than they may know."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import event, select, update

from cases import alerts, notices
from cases.departments import Department
from cases.lifecycle import Status
from cases.models import Absence, Agent, Case, Message, Notice
from cases.permissions import Viewer
from cases.queries import notices as query
from cases.references import written
from cases.routing.decisions import Rule
from cases.routing.knowledge import Emergency
from cases.routing.meanings import AnyWords
from cases.routing.phrases import phrase
from cases.routing.predicates import AccountIs
from cases.sla.calendar import ALWAYS_OPEN
from cases.sla.policy import Policy, Target, Unit
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say
from tests.integration.noticing import OFFICE, on
from workers import notify, ticker

CITY = make_city(
    departments={
        "desk": Department("desk", "Client services", "Clients"),
        "rescue": Department("rescue", "Rescue", "Rescue"),
        "conduct": Department("conduct", "Conduct", "Conduct", confidential=True),
    },
    rules=(
        Rule("conduct", (AnyWords(frozenset({phrase("bribe")})),), "conduct"),
        Rule("front", (AccountIs("sms-front"),), "desk"),
    ),
    emergency=Emergency(frozenset({phrase("fire")}), ("rescue",)),
    policies=(Policy("first", {"first_response": Target(24, Unit.ELAPSED)}, "office"),),
    calendars={"office": OFFICE, ALWAYS_OPEN.key: ALWAYS_OPEN},
)
WORK, NIGHT = on(3, 10), on(3, 22)
ROLES = {
    "Ama": [("agent", "rescue")],
    "Esi": [("supervisor", "rescue")],
    "Yaw": [("agent", "*")],
    "Kofi": [("agent", "desk")],
    "Efua": [("executive", "rescue"), ("counter_clerk", "rescue")],
    "Gone": [("agent", "rescue"), ("supervisor", "rescue")],
}


@pytest.fixture
def people(db: Database) -> dict[str, Viewer]:
    def work(uow: object) -> dict[str, Viewer]:
        session = uow.session  # type: ignore[attr-defined]
        made = {name: make_agent(session, name, *roles) for name, roles in ROLES.items()}
        session.execute(update(Agent).where(Agent.id == made["Gone"].id).values(active=False))
        return made

    return db.run(work)


def write(db: Database, text: str = "fire", number: int = 1) -> Case:
    received = db.run(lambda uow: say(uow.session, CITY, text, sender=phone(number)))
    with db.reader() as session:
        return session.get_one(Case, received.case_id)


def tells(db: Database, at: datetime = WORK) -> notices.Told:
    db.run(lambda uow: uow.session.execute(update(Notice).where(Notice.sent_at.is_(None)).values(not_before=at)))
    return db.run(lambda uow: alerts.tell(uow.session, city=CITY, at=at))


def heard(db: Database, people: dict[str, Viewer], *, told: bool = True) -> list[str]:
    found = select(Agent.name).join(Notice, Notice.agent_id == Agent.id)
    found = found.where(Notice.kind == "alert", Notice.sent_at.is_not(None) if told else Notice.sent_at.is_(None))
    with db.reader() as session:
        return sorted(session.scalars(found))


def away(db: Database, one: Viewer, stand_in: Viewer | None = None) -> None:
    def work(uow: object) -> None:
        leave = Absence(agent_id=one.id, since=on(1, 0), until=on(9, 0), stand_in_id=stand_in.id if stand_in else None)
        uow.session.add(leave)  # type: ignore[attr-defined]

    db.run(work)


@pytest.mark.parametrize(("at", "names"), [(WORK, ["Ama", "Esi", "Yaw"]), (NIGHT, ["Esi"])])
def test_agents_hear_in_their_hours_and_supervisors_at_any_hour(
    db: Database, people: dict[str, Viewer], at: datetime, names: list[str]
) -> None:
    write(db)
    assert tells(db, at).settled == 3
    assert heard(db, people) == names
    assert heard(db, people, told=False) == []


def test_everybody_hears_where_nobody_is_there(db: Database, people: dict[str, Viewer]) -> None:
    away(db, people["Esi"])
    write(db)
    tells(db, NIGHT)
    assert heard(db, people) == ["Ama", "Esi", "Yaw"]


def test_who_stands_in_hears_instead(db: Database, people: dict[str, Viewer], monkeypatch: pytest.MonkeyPatch) -> None:
    away(db, people["Esi"], people["Kofi"])
    with db.reader() as session:
        assert session.scalars(select(Notice)).all() == []
    with monkeypatch.context() as patch:
        patch.setattr("cases.clock.now", lambda _: NIGHT)
        case_id = write(db, "hello").id
        db.run(lambda uow: alerts.call(uow.session, case_id, ["rescue"], at=NIGHT))
    tells(db, NIGHT)
    assert heard(db, people) == ["Kofi"]


def test_each_hears_once_in_a_case_however_often_help_is_called_for(db: Database, people: dict[str, Viewer]) -> None:
    case = write(db)
    tells(db)
    assert write(db, "fire, it is a big fire").id == case.id
    assert tells(db).settled == 0
    assert heard(db, people) == ["Ama", "Esi", "Yaw"]
    assert write(db, number=2).id != case.id
    assert tells(db).settled == 3, "another case is another matter"


def test_who_was_not_there_hears_of_the_next_call(db: Database, people: dict[str, Viewer]) -> None:
    write(db)
    tells(db, NIGHT)
    write(db, "fire, still fire")
    tells(db, WORK)
    assert heard(db, people) == ["Ama", "Esi", "Yaw"]


def test_nobody_hears_of_a_case_that_has_ended(db: Database, people: dict[str, Viewer]) -> None:
    case = write(db)
    db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == case.id).values(status=Status.CLOSED)))
    assert tells(db).settled == 3
    assert heard(db, people) == []


def test_an_ordinary_message_costs_no_statement_and_danger_one(db: Database, people: dict[str, Viewer]) -> None:
    said: list[str] = []
    write(db, "hello", 5)  # whatever is prepared once
    listen = (db.engine, "before_cursor_execute", lambda *given: said.append(str(given[2])))
    event.listen(*listen)
    try:
        write(db, "hello", 6)
        ordinary, said[:] = [*said], []
        write(db, "fire", 7)
    finally:
        event.remove(*listen)
    assert not any("notice" in one.lower() for one in ordinary)
    assert [one for one in said if "INSERT INTO notice" in one] != []
    assert len(said) == len(ordinary) + 1


def rows(db: Database, viewer: Viewer) -> list[query.NoticeRow]:
    with db.reader() as session:
        return list(query.page(session, viewer))


@pytest.mark.parametrize(
    ("text", "department", "readers"),
    [("fire", "desk", {"Yaw"}), ("fire, and a bribe", "conduct", set())],
)
def test_who_may_not_read_the_case_hears_the_reference_alone(
    db: Database, people: dict[str, Viewer], text: str, department: str, readers: set[str]
) -> None:
    case = write(db, text)
    assert case.department == department
    tells(db)
    for name in ("Ama", "Esi", "Yaw"):
        (row,) = rows(db, people[name])
        assert row.reference == case.reference
        assert row.readable == (name in readers)
        assert (row.subject, row.department) == ((text, department) if name in readers else ("", None))
    assert rows(db, people["Kofi"]) == []


def test_other_notices_of_a_case_that_may_not_be_read_stay_unseen(db: Database, people: dict[str, Viewer]) -> None:
    case = write(db, "hello")
    row = {"agent_id": people["Ama"].id, "case_id": case.id, "kind": "pulled_back", "step": "", "timer_kind": ""}
    at = {"due_at": WORK, "not_before": WORK, "created_at": WORK, "sent_at": WORK}
    db.run(lambda uow: uow.session.add(Notice(**row, **at)))
    assert rows(db, people["Ama"]) == []


def test_a_text_message_has_the_reference_and_the_number_only(db: Database, people: dict[str, Viewer]) -> None:
    change = update(Agent).where(Agent.name.in_(["Ama", "Esi"])).values(notify_by="sms")
    db.run(lambda uow: uow.session.execute(change))
    db.run(lambda uow: uow.session.execute(update(Agent).where(Agent.name == "Ama").values(phone=phone(900).value)))
    case = write(db, "fire in the attic")
    assert tells(db).accounts == {"sms-front"}
    with db.reader() as session:
        (text,) = session.scalars(select(Message.text).where(Message.text.startswith("staff_alert")))
    assert text == f"staff_alert 112 {written(case.reference)}"


def test_the_ticker_has_them_told(
    db: Database, people: dict[str, Viewer], container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(container), "city", property(lambda _: CITY))
    monkeypatch.setattr(notify, "container_in_use", lambda: container)
    assert not ticker.nudge_notices(container)
    write(db)
    monkeypatch.setattr(container.jobs, "_rest_until", float("inf"))
    assert ticker.nudge_notices(container)
    assert "Esi" in heard(db, people)
    assert not ticker.nudge_notices(container)
