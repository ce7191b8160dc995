"""Routing through real intake: the tray, suggestions, danger answered with the number first, confidential units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from cases import arrivals, assignment, citizens
from cases.departments import City, Department
from cases.models import Case, Citizen, Event, Message, OutboxEntry
from cases.permissions import Viewer
from cases.queries.scope import visible
from cases.routing.decisions import Rule
from cases.routing.gazetteer import Gazetteer
from cases.routing.knowledge import Emergency, Neighbour
from cases.routing.meanings import AnyWords
from cases.routing.phrases import Phrase, phrase
from cases.routing.places import Place
from cases.routing.predicates import AccountIs, CitizenIs, Repeats
from cases.services import Service
from cases.sla.policy import Policy, Target, Unit
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say


def some(*written: str) -> frozenset[Phrase]:
    return frozenset(map(phrase, written))


def service(key: str, department: str, *words: str) -> Service:
    return Service(key, key, "service", department, words={"en": tuple(map(phrase, words))})


def hours(number: int) -> Mapping[str, Target]:
    return {kind: Target(number, Unit.ELAPSED) for kind in ("first_response", "resolution")}


CITY: City = make_city(
    departments={
        "desk": Department("desk", "Client services", "Clients", (service("enquiry", "desk", "opening hours"),)),
        "waste": Department("waste", "Waste", "Waste", (service("lift", "waste", "bin", "wall"),)),
        "works": Department("works", "Works", "Works", (service("drain", "works", "gutter", "wall"),)),
        "rescue": Department("rescue", "Rescue", "Rescue", (service("blaze", "rescue", "fire"),)),
        "conduct": Department("conduct", "Conduct", "Conduct", confidential=True),
    },
    rules=(
        Rule("conduct", (AnyWords(some("bribe")),), "conduct", order=100),
        Rule("again", (Repeats(30), AnyWords(some("gutter"))), "desk", order=200),
        Rule("waste", (AccountIs("sms-waste"),), "waste", order=700),
    ),
    policies=(
        Policy("all", hours(100), "always-open"),
        Policy("works", hours(50), "always-open", department="works"),
        Policy("urgent", hours(2), "always-open", priority="urgent", rank=1),
    ),
    emergency=Emergency(some("fire", "drowning"), ("rescue",)),
    gazetteer=Gazetteer([Place("Bay", "elsewhere"), Place("Quayside", "area")]),
    neighbours=(Neighbour("bay", "Bay Council", "Bay", "call 1234"),),
)


def write(db: Database, text: str, *, number: int = 1, account: str = "sms-front") -> Case:
    received = db.run(lambda uow: say(uow.session, CITY, text, sender=phone(number), account=account))
    with db.reader() as session:
        return session.get_one(Case, received.case_id)


def events(db: Database, case: Case, kind: str) -> list[dict[str, Any]]:
    with db.reader() as session:
        query = select(Event.values).where(Event.case_id == case.id, Event.kind == kind).order_by(Event.seq)
        return list(session.scalars(query))


def answers(db: Database) -> list[str]:
    with db.reader() as session:
        return list(session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.id)))


def test_words_choose_department_and_service_and_the_reason_is_kept(db: Database) -> None:
    case = write(db, "Kofi's guttr is choked")
    assert (case.department, case.service, case.family, case.priority) == ("works", "drain", "service", "normal")
    assert case.routing == {
        "rule": "words",
        "reason": "it has the word ‘gutter’ (spelt otherwise) of service drain (“guttr”)",
    }
    (routed,) = events(db, case, "routed")
    assert routed["reason"] == "it has the word ‘gutter’ (spelt otherwise) of service drain"
    assert "guttr" not in str(routed), "history is kept when words are forgotten"


def test_what_nothing_matches_waits_in_the_tray(db: Database) -> None:
    case = write(db, "Good morning")
    assert (case.department, case.service) == (None, None)
    assert case.routing["reason"] == "no rule matched, so it waits in the tray"
    assert write(db, "Good morning", number=2, account="sms-waste").department == "waste"


def test_departments_that_tie_are_suggested(db: Database) -> None:
    case = write(db, "the wall")
    assert case.department is None
    assert case.routing["suggestions"] == ["waste", "works"]


@pytest.mark.parametrize("text", ["FIRE at the market!", "a boy is drowning"])
def test_danger_is_answered_with_the_number_first(db: Database, text: str) -> None:
    case = write(db, text)
    assert (case.department, case.priority) == ("rescue", "urgent")
    assert case.routing["alert"] == ["rescue"]
    (told,) = answers(db)
    assert told.startswith("emergency ")
    with db.reader() as session:
        entry = session.scalars(select(OutboxEntry)).one()
    assert set(entry.fill) == {"code"}
    assert case.due_at is not None
    assert (case.due_at - case.opened_at).total_seconds() == 2 * 3600, "the city's urgent promises, by their rank"


def test_the_urgent_promise_counts_before_a_departments_own(db: Database) -> None:
    calm = write(db, "the gutter")
    assert calm.due_at is not None
    assert (calm.due_at - calm.opened_at).total_seconds() == 50 * 3600
    urgent = write(db, "the gutter, the gutter! somebody is drowning", number=2)
    assert (urgent.department, urgent.priority) == ("works", "urgent")
    assert urgent.due_at is not None
    assert (urgent.due_at - urgent.opened_at).total_seconds() == 2 * 3600


def test_a_call_for_help_is_answered_although_automatic_texts_were_stopped(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "STOP"))
    write(db, "the gutter")
    before = len(answers(db))
    write(db, "fire")
    assert len(answers(db)) == before + 1
    assert answers(db)[-1].startswith("emergency ")


def test_a_call_for_help_never_joins_a_case_about_something_else(db: Database) -> None:
    pothole = write(db, "the gutter")
    blaze = write(db, "fire! fire!")
    assert blaze.id != pothole.id
    again = write(db, "the fire is still there")
    assert again.id == blaze.id
    assert answers(db)[-1].startswith("emergency_again ")
    assert write(db, "thank you").id == blaze.id, "the latest case"


def test_a_second_report_within_days_goes_by_a_rule_of_its_own(db: Database) -> None:
    first = write(db, "the gutter")
    assert first.department == "works"
    with db.reader() as session:
        assert session.get_one(Case, first.id).service == "drain"
    db.run(lambda uow: uow.session.execute(Case.__table__.update().values(status="closed")))
    assert write(db, "the gutter").department == "desk"


def test_another_bodys_place_is_a_referral(db: Database) -> None:
    case = write(db, "gutter at Bay")
    assert (case.department, case.routing["place"]) == ("works", "Bay")
    assert case.routing["referral"] == {"body": "Bay Council", "contact": "call 1234"}
    assert write(db, "gutter at Quayside", number=2).routing["place"] == "Quayside"


def seen_by(db: Database, *roles: tuple[str, str]) -> set[str]:
    def work(uow: Any) -> set[str]:
        viewer: Viewer = make_agent(uow.session, "Viewer", *roles)
        return set(uow.session.scalars(select(Case.reference).where(visible(viewer))))

    return db.run(work)


def test_a_confidential_units_cases_are_so_from_their_opening_on(db: Database) -> None:
    case = write(db, "an officer took a bribe at the gutter")
    assert (case.department, case.confidential) == ("conduct", True)
    assert case.reference in seen_by(db, ("agent", "conduct"))
    for roles in ([("executive", "*")], [("agent", "works")], [("executive", "conduct")], [("administrator", "*")]):
        assert case.reference not in seen_by(db, *roles)
    assert not write(db, "the gutter", number=2).confidential


def test_what_is_transferred_to_a_confidential_unit_becomes_so_and_stays_so(db: Database) -> None:
    case = write(db, "the gutter")
    agent = db.run(lambda uow: make_agent(uow.session, "Esi", ("supervisor", "*"), ("supervisor", "conduct")))
    for department in ("conduct", "works"):
        how = {"reference": case.reference, "department": department, "reason": "it is about a guard"}
        db.run(lambda uow, how=how: assignment.transfer(uow.session, agent, city=CITY, **how))
        with db.reader() as session:
            assert session.get_one(Case, case.id).confidential


def test_an_organisation_is_known_by_its_citizen_and_a_stranger_is_a_person(db: Database) -> None:
    rules = (Rule("firms", (CitizenIs("organisation"),), "works"), Rule("people", (CitizenIs("person"),), "waste"))
    city = replace(CITY, rules=rules)

    def routed(uow: Any) -> str | None:
        return uow.session.get(Case, say(uow.session, city, "Good morning", sender=phone(9)).case_id).department

    assert db.run(routed) == "waste"
    closed = update(Case).values(status="closed")
    db.run(lambda uow: uow.session.execute(closed))
    db.run(lambda uow: uow.session.execute(update(Citizen).values(kind="organisation")))
    assert db.run(routed) == "works"
    with db.reader() as session:
        assert citizens.kind_for(session, _speaker(session), CITY.rules) == "person", "no rule asks, so nobody looks"


def _speaker(session: Any) -> arrivals.Speaker:
    return arrivals.arrive(session, phone(9)).speaker
