"""Where a case went and why, on its page: one click to another department, and the hand-over to another body."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cases.departments import City
from cases.models import Case, Event, Message, Task, Timer
from cases.routing.gazetteer import Gazetteer
from cases.routing.knowledge import Emergency, Neighbour
from cases.routing.phrases import phrase
from cases.routing.places import Place
from cases.sla.policy import Target, Unit
from cases.sla.terms import thawed
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
BAY = Neighbour("bay", "Bay Council", "Bay", "call 020 000 1234", follow_up_days=3)
OFFERED = "Northport: we passed {} on to Bay Council (call 020 000 1234)."


@pytest.fixture
def city(container: Container, monkeypatch: pytest.MonkeyPatch) -> City:
    """The test city with a neighbour, and words of danger."""
    found = replace(
        container.city,
        gazetteer=Gazetteer([Place("Bay", "elsewhere")]),
        neighbours=(BAY,),
        emergency=Emergency(frozenset({phrase("fire")}), ("harbour-works",)),
    )
    monkeypatch.setattr(type(container), "city", property(lambda _: found))
    return found


def suggests(db: Database, opened: Opened, *keys: str, department: str | None) -> None:
    """Let routing have found these departments alike."""
    routing = {"rule": "words", "reason": "departments tie", "suggestions": list(keys)}
    change = update(Case).where(Case.id == opened.id).values(department=department, routing=routing)
    db.run(lambda uow: uow.session.execute(change))


def of(db: Database, opened: Opened) -> Case:
    with db.reader() as session:
        return session.get_one(Case, opened.id)


def text_of(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def part(page: str, name: str) -> str:
    found = re.search(rf'<(section|article)\b[^>]*id="{name}".*?</\1>', page, re.DOTALL)
    assert found, f"the page has no part {name}"
    return found.group()


def test_the_reason_rule_and_place_stand_together(agent: Agents, say: Say, city: City) -> None:
    opened = say("hello, the lamp at Bay is out")
    page = agent().get(opened.address).get_data(as_text=True)
    said = text_of(part(page, "routed"))
    assert "Why there" in said and "Place Bay" in said and "Rule" in said
    assert "For Bay Council" in said and "call 020 000 1234" in said and "after 3 working days" in said


@pytest.mark.parametrize("department", [None, "front-desk"])
def test_a_suggestion_is_a_transfer_by_one_click(
    agent: Agents, say: Say, db: Database, city: City, department: str | None
) -> None:
    opened, ama = say("the wall"), agent()
    suggests(db, opened, "harbour-works", "front-desk", "gone", department=department)
    page = ama.get(opened.address).get_data(as_text=True)
    assert 'id="suggest-harbour-works"' in page and 'id="suggest-gone"' not in page
    assert ('id="suggest-front-desk"' in page) == (department is None), "it is there already"
    form = re.search(r'<form[^>]*action="([^"]+)" id="suggest-harbour-works">(.*?)</form>', page, re.DOTALL)
    assert form
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group(2)))
    for _ in range(2):  # pressed twice, done once
        assert ama.client.post(unescape(form.group(1)), data=values).status_code == 303
    assert of(db, opened).department == "harbour-works"
    with db.reader() as session:
        kinds = list(session.scalars(select(Event.kind).where(Event.case_id == opened.id)))
    assert kinds.count("transferred") == 1
    assert "suggest-" not in ama.get(opened.address).get_data(as_text=True), "a person has chosen"


def test_who_may_not_transfer_sees_the_names_alone(agent: Agents, say: Say, db: Database, city: City) -> None:
    opened = say("the wall")
    suggests(db, opened, "harbour-works", department="front-desk")
    clerk = agent(("counter_clerk", "*"))
    said = part(clerk.get(opened.address).get_data(as_text=True), "routed")
    assert "<form" not in said and city.departments["harbour-works"].name in text_of(said)


def test_a_row_of_the_tray_names_what_it_could_be_for(agent: Agents, say: Say, db: Database, city: City) -> None:
    opened = say("the wall")
    suggests(db, opened, "harbour-works", "front-desk", department=None)
    names = [city.departments[key].short_name for key in ("harbour-works", "front-desk")]
    page = text_of(agent().get("/desk").get_data(as_text=True))
    assert f"Tray: {names[0]} or {names[1]}?" in page
    suggests(db, opened, department=None)
    assert "Tray:" not in text_of(agent().get("/desk").get_data(as_text=True))


def test_handing_over_notes_promises_and_offers_the_words(agent: Agents, say: Say, db: Database, city: City) -> None:
    opened, ama = say("the lamp at Bay is out"), agent(name="Ama")
    before = ama.get(opened.address).get_data(as_text=True)
    for _ in range(2):
        ama.page = before
        answer = ama.send("/referral")
        assert (answer.status_code, answer.location) == (303, f"{opened.address}?offer=referred#composer")
    with db.reader() as session:
        (task,) = session.scalars(select(Task))
        timer = session.scalars(select(Timer).where(Timer.task_id == task.id)).one()
    assert task.title == "Ask Bay Council what became of it"
    assert thawed(timer.policy).target == Target(3, Unit.WORKING_DAYS)
    page = ama.get(answer.location.partition("#")[0]).get_data(as_text=True)
    written = opened.address.rpartition("/")[2]
    assert re.search(r'<textarea[^>]*id="reply-text"[^>]*>\s*([^<]*)</textarea>', page).group(1) == OFFERED.format(  # type: ignore[union-attr]
        written
    )
    said = text_of(page)
    assert "Handed over to Bay Council. How to reach them: call 020 000 1234" in said
    assert "Ama opened the task “Ask Bay Council what became of it”" in said
    assert "Handed over" in part(page, "referral") and "<form" not in part(page, "referral")
    assert ama.send("/replies", text=OFFERED.format(written) + " We are sorry.").status_code == 303
    with db.reader() as session:
        last = session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.id)).all()[-1]
    assert last.endswith("We are sorry.")


def test_the_words_are_offered_by_their_own_address_alone(agent: Agents, say: Say, city: City) -> None:
    opened = say("the lamp at Bay is out")
    page = agent().get(opened.address).get_data(as_text=True)
    assert re.search(r'id="reply-text"[^>]*></textarea>', page)


def test_a_second_hand_over_is_refused_and_says_so(agent: Agents, say: Say, db: Database, city: City) -> None:
    opened, ama, kofi = say("the lamp at Bay is out"), agent(), agent()
    for one in (ama, kofi):
        one.get(opened.address)
    assert ama.send("/referral").status_code == 303
    assert kofi.send("/referral").status_code == 422
    assert "was handed over to Bay Council already" in text_of(part(kofi.page, "routed"))
    with db.reader() as session:
        assert len(session.scalars(select(Task)).all()) == 1


def test_the_referral_goes_with_the_case_to_another_department(
    agent: Agents, say: Say, db: Database, city: City
) -> None:
    opened, ama = say("the lamp at Bay is out"), agent()
    ama.get(opened.address)
    assert ama.send("/transfer", department="harbour-works", reason="theirs").status_code == 303
    assert of(db, opened).routing["referral"]["body"] == "Bay Council"
    ama.get(opened.address)
    assert ama.send("/referral").status_code == 303


@pytest.mark.parametrize("role", ["counter_clerk", "executive"])
def test_only_who_may_assign_hands_over(agent: Agents, say: Say, city: City, role: str) -> None:
    opened, one, ama = say("the lamp at Bay is out"), agent((role, "*")), agent()
    assert "/referral" not in one.get(opened.address).get_data(as_text=True)
    ama.get(opened.address)
    values = {**ama.fields("/referral"), "csrf": ""}
    one.get("/account")
    csrf = re.search(r'name="csrf" value="([^"]+)"', one.page)
    assert csrf
    answer = one.client.post(f"{opened.address}/referral", data={**values, "csrf": csrf.group(1)})
    assert answer.status_code == 403


def test_a_case_that_no_other_body_answers_for_is_not_handed_over(agent: Agents, say: Say, city: City) -> None:
    opened, bay, ama = say("the lamp is out"), say("the lamp at Bay is out", sender=phone(2)), agent()
    ama.get(bay.address)
    values = ama.fields("/referral")
    answer = ama.client.post(f"{opened.address}/referral", data=values)
    assert answer.status_code == 422
    assert "no other body" in answer.get_data(as_text=True)


def test_the_address_offers_nothing_where_nothing_was_referred(agent: Agents, say: Say, city: City) -> None:
    opened = say("the lamp is out")
    page = agent().get(f"{opened.address}?offer=referred").get_data(as_text=True)
    assert re.search(r'id="reply-text"[^>]*></textarea>', page)


def test_danger_rings_and_names_nothing_to_who_may_not_read(
    agent: Agents, say: Say, container: Container, city: City
) -> None:
    from workers import notify

    works, chief = agent(("supervisor", "harbour-works")), agent(("supervisor", "*"))
    opened = say("a secret fire")
    elsewhere = update(Case).where(Case.id == opened.id).values(department="front-desk")
    container.db.run(lambda uow: uow.session.execute(elsewhere))
    notify.tell_all(container)
    written = opened.address.rpartition("/")[2]
    for one, readable in ((works, False), (chief, True)):
        page = one.get("/desk/notices").get_data(as_text=True)
        said = text_of(page)
        assert f"{written} Danger to life. Emergency number: {city.organisation.emergency_number}" in said
        assert ("secret" in said, opened.address in page) == (readable, readable)
        assert ("A case that you may not open" in said) != readable
