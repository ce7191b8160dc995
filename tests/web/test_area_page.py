"""An assembly member: what is published of their own area, concerns, and nothing else of the house."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases import areas
from cases.models import Agent, Case, Concern, Notice, Party
from contactcentre.db import Database
from tests.factories import phone
from tests.web import steered
from tests.web.conftest import Browser, Opened
from tests.web.steered import CONDUCT, FRONT, WORKS, at, case, form, text

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
WORDS = "Traders ask me every day when the pipe is mended"


@pytest.fixture(autouse=True)
def _city(container: Container, db: Database, tmp_path: Path) -> Iterator[None]:
    steered.furnish(container, db, tmp_path)
    at()
    yield from steered.stopped()


@dataclass
class Ward:
    """A member for Quayside, and a case for each reason to be shown or not."""

    member: Browser
    cases: dict[str, Opened]


@pytest.fixture
def ward(agent: Agents, say: Say, db: Database, container: Container) -> Ward:
    admin = agent(("administrator", "*"), name="Admin")
    member = agent(("assembly_member", "*"), name="Araba")
    admin.get(f"/admin/people/{_id(member)}")
    form(admin, f"/admin/people/{_id(member)}/area", area="Quayside")
    assert "Area saved." in admin.page and "electoral area: Quayside" in admin.page
    places = {"here": "Lower Quay", "settled": "Quayside", "elsewhere": "Hillside"}
    names = (*places, "secret", "about", "merged", "conduct", "service", "old")
    made = {}
    for number, name in enumerate(names, 1):
        at(-24 * 91 if name == "old" else 0)
        made[name] = say(
            f"grebe{number} at {places.get(name, 'Lower Quay')}", sender=phone(number), account="sms-works"
        )
    at(1)
    steered.change(db, made["settled"].id, status="resolved", outcome="fixed", resolved_at=at(1))
    steered.change(db, made["secret"].id, confidential=True)
    steered.change(db, made["about"].id, about=["agent:99"])
    steered.change(db, made["merged"].id, merged_into_id=made["here"].id)
    steered.change(db, made["conduct"].id, department=CONDUCT, service="conduct-report")
    steered.change(db, made["service"].id, department=FRONT, service="hours")
    return Ward(member, made)


def _id(browser: Browser) -> int:
    assert browser.viewer and browser.viewer.id
    return browser.viewer.id


def keys(browser: Browser) -> list[int]:
    return [int(one) for one in re.findall(r"/board/area\?row=(\d+)#concern", browser.page)]


def test_only_what_is_published_of_the_own_area_is_there(ward: Ward) -> None:
    page = ward.member.get("/board/area").get_data(as_text=True)
    assert sorted(keys(ward.member)) == sorted(ward.cases[name].id for name in ("here", "settled"))
    assert "grebe" not in page
    for one in ward.cases.values():
        assert one.reference not in page and f"{one.reference[:4]}-{one.reference[4:]}" not in page
    said = text(page)
    assert "Burst water main Being worked on: 1 Waiting: 0 Settled: 1" in said
    assert "Quayside Opened 2 Mar 2026 Being worked on" in said and "Settled Fixed" in said


def test_rows_come_page_by_page(ward: Ward, say: Say) -> None:
    at(2)
    more = [say(f"bittern {n} at Quayside", sender=phone(100 + n), account="sms-works").id for n in range(55)]
    ward.member.get("/board/area")
    first = keys(ward.member)
    assert len(first) == 50 and set(first) <= set(more)
    ward.member.get(f"/board/area?before={first[-1]}")
    assert sorted([*first, *keys(ward.member)]) == sorted([*more, ward.cases["here"].id, ward.cases["settled"].id])
    ward.member.get(f"/board/area?before={ward.cases['elsewhere'].id}")
    assert keys(ward.member) == first  # no row of theirs, so no cursor either


def test_a_concern_makes_a_party_and_tells_whoever_has_the_case(ward: Ward, db: Database, agent: Agents) -> None:
    ama, one = agent(("supervisor", WORKS), name="Ama"), ward.cases["here"]
    ward.member.get(f"/board/area?row={one.id}")
    before = case(db, one.reference)
    assert form(ward.member, "/board/area/concern", text="too short").status_code == 422
    form(ward.member, "/board/area/concern", text=WORDS)
    assert "Your concern is in the case" in text(ward.member.page)
    after = case(db, one.reference)
    assert (after.last_speaker, after.last_message_id, after.due_at) == (
        before.last_speaker, before.last_message_id, before.due_at,
    )  # fmt: skip
    with db.reader() as session:
        assert session.scalars(select(Party.role).where(Party.case_id == one.id)).all() == ["requester", "concerned"]
        assert session.scalars(select(Notice.agent_id).where(Notice.kind == "concern")).all() == [_id(ama)]
    history = text(ama.get(one.address).get_data(as_text=True))
    assert "Araba, assembly member for Quayside, raised a concern in this case." in history, history
    assert WORDS in history
    assert "An assembly member has raised a concern in it" in text(ama.get("/desk/notices").get_data(as_text=True))
    assert "Burst water main One that was there Being worked on" in text(ward.member.get("/board/area").text)


@pytest.mark.parametrize("name", ["elsewhere", "secret", "about", "merged", "conduct", "service", "old"])
def test_no_other_case_can_be_named(ward: Ward, db: Database, name: str) -> None:
    ward.member.get("/board/area")
    answer = form(ward.member, "/board/area/concern", text=WORDS, row=str(ward.cases[name].id))
    assert answer.status_code == 422 and "There is no such row in your area." in ward.member.page
    with db.reader() as session:
        assert not session.scalars(select(Concern)).all()


def test_a_new_concern_is_a_case_by_the_products_intake(ward: Ward, db: Database) -> None:
    number = phone(777).value

    def has_phone(uow: object) -> None:
        uow.session.get(Agent, _id(ward.member)).phone = number  # type: ignore[attr-defined]

    db.run(has_phone)
    ward.member.get("/board/area")
    form(ward.member, "/board/area/concern", text=WORDS, place="Lower Quay", service="burst-main")
    found = re.search(r"Your concern is a case now: (\d{4}-\d{4})", text(ward.member.page))
    assert found
    opened = case(db, found.group(1))
    assert (opened.department, opened.service, opened.channel) == (WORKS, "burst-main", "portal")
    assert opened.routing["place"] == "Lower Quay" and opened.due_at is not None
    with db.reader() as session:
        [kept] = session.scalars(select(Concern)).all()
        assert (kept.case_id, kept.opened, kept.area) == (opened.id, True, "Quayside")
    assert form(ward.member, "/board/area/concern", text=WORDS, place="Hillside").status_code == 422
    assert form(ward.member, "/board/area/concern", text=WORDS, service="conduct-report").status_code == 422
    assert form(ward.member, "/board/area/concern", text=WORDS).status_code == 303
    with db.reader() as session:
        assert session.scalars(select(Case.department).order_by(Case.id.desc())).first() == FRONT


def test_without_an_area_there_is_nothing(agent: Agents, say: Say, db: Database) -> None:
    say("grebe at Quayside", account="sms-works")
    member = agent(("assembly_member", "*"), name="Araba")
    assert "No electoral area is set for you." in text(member.get("/board/area").text)
    assert "<form" not in member.page.partition("<main")[2]


def test_nothing_else_of_the_house_is_reachable(ward: Ward, app: Flask) -> None:
    member, opened = ward.member, ward.cases["here"]
    assert member.get("/").headers["Location"].endswith("/board/area")
    addresses = [
        *(
            "/desk",
            opened.address,
            "/desk/figures",
            "/desk/figures.csv",
            "/desk/letters",
            "/desk/calls",
            "/desk/notices",
        ),
        *("/board", "/board/now", "/board/forecast", "/board/parked", "/board/rota", "/board/reviews", "/board/notes"),
        *("/board/executive", "/admin/people", "/admin/reads", "/admin/clinic"),
    ]
    assert {one: member.get(one).status_code for one in addresses} == dict.fromkeys(addresses, 403)
    board = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/board") and "GET" in rule.methods}
    open_to = {one for one in board if "<" not in one and member.get(one).status_code != 403}
    assert open_to == {"/board/area"}


def test_others_have_no_area(agent: Agents) -> None:
    for role in ("supervisor", "executive", "agent", "administrator", "auditor", "editor"):
        assert agent((role, "*"), name="Kojo").get("/board/area").status_code == 403


def test_an_area_is_one_of_the_list_and_can_be_taken_off(ward: Ward, agent: Agents, container: Container) -> None:
    assert areas.offered(container.city) == ["Hillside", "Quayside"]
    admin, address = agent(("administrator", "*"), name="Adwoa"), f"/admin/people/{_id(ward.member)}"
    admin.get(address)
    assert form(admin, f"{address}/area", area="Lower Quay").status_code == 422
    assert "Choose an area of the list." in admin.page
    assert form(admin, f"{address}/area", area="").status_code == 303
    assert "No electoral area is set" in text(ward.member.get("/board/area").text)
