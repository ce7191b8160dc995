"""Telephones and people on the board: each number leads to as many lines, and who needs looking after stands first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text, update

from cases import availability, staff, viewing
from cases.clock import TestClock, set_test_clock
from cases.models import AgentProfile, PhoneCall
from contactcentre.db import Database
from contactcentre.web.board import drawing, remembered
from tests.factories import make_agent, phone
from tests.integration.telephoning import Telephones, number
from tests.web.boarded import counted, numbers
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
NOON = datetime(2026, 3, 1, 23, tzinfo=UTC)  # Monday, where the city is
_LINES = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(drawing, "LASTS", -1.0)
    monkeypatch.setattr(remembered, "HOURS_LAST", -1.0)
    monkeypatch.setattr(remembered, "CALLS_LAST", -1.0)
    _at(0)
    yield
    set_test_clock(None)


def _at(minutes: float) -> None:
    set_test_clock(TestClock(NOON + timedelta(minutes=minutes), speed=0.0))


@pytest.fixture
def phones(container: Container, db: Database) -> Telephones:
    return Telephones(db, container.city)


def lines(page: str) -> int:
    """Return how many lines the table of a page has."""
    found = _LINES.search(page)
    return found.group(1).count("<tr>") if found else 0


def states(browser: Browser) -> dict[str, str]:
    page = browser.get("/board").get_data(as_text=True)
    return {one.name: one.text for one in numbers(page) if one.address.startswith("/board/agents?state")}


def test_the_lines_behind_each_number_of_calls_are_as_many(
    container: Container, db: Database, agent: Agents, phones: Telephones
) -> None:
    esi = db.run(lambda uow: make_agent(uow.session, "Esi", ("agent", "*")))
    _at(-15 * 60)  # yesterday there
    phones.hangs_up(phones.waits(number(9)), seconds=60)
    _at(-30)
    for caller, seconds in ((1, 10), (2, 30), (3, 4)):
        phones.hangs_up(phones.waits(number(caller), ago=seconds), seconds=seconds)
    phones.ended(number(4), esi)
    _at(0)
    phones.waits(number(5), ago=75)
    counted(container)
    browser = agent(("supervisor", "*"))
    page = browser.get("/board").get_data(as_text=True)
    found = {one.name: one for one in numbers(page) if one.address.startswith("/board/calls")}
    assert (found["Waiting now"].text, found["Longest wait"].text) == ("1", "1:15")
    assert lines(browser.get(found["Waiting now"].address).get_data(as_text=True)) == 1
    given_up, _, offered = found["Given up"].text.partition(" of ")
    assert (given_up, offered) == ("3", "5"), "yesterday's is not among them"
    assert lines(browser.get(found["Given up"].address).get_data(as_text=True)) == 3
    assert lines(browser.get("/board/calls?which=offered").get_data(as_text=True)) == 5
    within = found[f"In {container.city.calls.answer_within_seconds} s"]
    assert within.text == "25 %", "one answered of four: whoever hung up at once is not counted"
    assert lines(browser.get(within.address).get_data(as_text=True)) == 4
    assert lines(browser.get(found["Average wait"].address).get_data(as_text=True)) == 1
    assert "+23320" not in browser.get("/board/calls?which=offered").get_data(as_text=True), "nobody's number"


def test_what_agents_do_and_who_is_stuck(
    container: Container, db: Database, agent: Agents, phones: Telephones, say: Callable[..., Opened]
) -> None:
    names = ("Abena", "Bekoe", "Cudjoe", "Dede", "Efua", "Fiifi", "Gifty")
    people = {one: db.run(lambda uow, one=one: make_agent(uow.session, one, ("agent", "*"))) for one in names}
    opened = say("The gutter is choked", sender=phone(1))
    _at(-6)
    stuck = phones.ended(number(1), people["Abena"])
    _at(-1)
    wraps = phones.ended(number(2), people["Bekoe"])
    until = NOON + timedelta(minutes=30)
    for call in (stuck, wraps):
        db.run(lambda uow, call=call: uow.session.execute(
            update(PhoneCall).where(PhoneCall.id == call).values(wrap_until=until, wrapped_at=None)
        ))  # fmt: skip
    _at(0)
    phones.talks(number(3), people["Cudjoe"])

    def work(uow: Any) -> None:
        session = uow.session
        viewing.beat(session, people["Dede"], reference=opened.reference, writing=False)
        availability.switch(session, people["Fiifi"], agent_id=people["Fiifi"].id, away=True)
        staff.add_leave(
            session, people["Gifty"], agent_id=people["Gifty"].id, since=NOON - timedelta(days=1),
            until=NOON + timedelta(days=1), stand_in_id=None, reason="Leave",
        )  # fmt: skip

    db.run(work)
    counted(container)
    browser = agent(("executive", "*"), name="Osei")
    assert states(browser) == {
        "Stuck in wrap-up": "1", "Wrap-up": "1", "On a call": "1", "On a case": "1", "Free": "1", "Away": "1",
    }  # fmt: skip
    page = browser.get("/board").get_data(as_text=True)
    assert page.index("Stuck in wrap-up") < page.index("Wrap-up: ") and ">Abena</span>" in page
    assert "5 agents in" in page
    for state, name in (
        ("stuck", "Abena"),
        ("calling", "Cudjoe"),
        ("on_case", "Dede"),
        ("free", "Efua"),
        ("away", "Fiifi"),
    ):
        listed = browser.get(f"/board/agents?state={state}").get_data(as_text=True)
        assert lines(listed) == 1 and name in listed
    there = [one for one in numbers(page) if one.address.startswith("/board/agents?department=")]
    assert [one.text for one in there] == ["5"]
    assert lines(browser.get(there[0].address).get_data(as_text=True)) == 5
    everybody = browser.get("/board/agents").get_data(as_text=True)
    assert lines(everybody) == 6 and "Gifty" not in everybody
    assert everybody.index("Abena") < everybody.index("Efua")


def test_what_an_agent_holds_counts_only_what_the_board_counts(
    container: Container, db: Database, agent: Agents, say: Callable[..., Opened]
) -> None:
    esi = db.run(lambda uow: make_agent(uow.session, "Esi", ("agent", "harbour-works")))
    first, secret = (say("Burst main", sender=phone(n), account="sms-works") for n in (1, 2))
    db.run(lambda uow: uow.session.execute(text("update case_file set assignee_id = :one"), {"one": esi.id}))
    db.run(
        lambda uow: uow.session.execute(
            text("update case_file set confidential = true where id = :id"), {"id": secret.id}
        )
    )
    db.run(lambda uow: uow.session.add(AgentProfile(agent_id=esi.id, cap=1)))
    counted(container)
    for who, wanted in ((("supervisor", "harbour-works"), "2/1"), (("executive", "*"), "1/1")):
        browser = agent(who)
        page = browser.get("/board/agents").get_data(as_text=True)
        assert re.search(rf">{wanted}<", page), page[-1500:]
        address = f"/desk?board=held&assignee={esi.id}"
        assert f'href="{address}"'.replace("&", "&amp;") in page
        listed = browser.get(address).get_data(as_text=True)
        assert listed.count('class="qrow') == int(wanted[0])
    assert first.id


def test_a_department_that_does_not_work_at_this_hour_is_not_deserted(
    container: Container, agent: Agents, say: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases import rota

    say("Burst main", sender=phone(1), account="sms-works")
    counted(container)
    browser = agent(("executive", "*"))
    assert "(nobody is there)" in browser.get("/board").get_data(as_text=True)
    closed = container.city.calendars["port"]
    monkeypatch.setattr(rota, "calendar_of", lambda *_: closed)
    _at(12 * 60)
    browser = agent(("executive", "*"))
    assert not closed.is_open(NOON + timedelta(hours=12))
    assert "(nobody is there)" not in browser.get("/board").get_data(as_text=True)
