"""The desk's own line, a person's page and the hand-over list: the forms, and who may send them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cases import bells, clock, handing_over
from cases.clock import TestClock, set_test_clock
from cases.models import AgentProfile, Case, StaffChange
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


@pytest.fixture(autouse=True)
def tuesday() -> Iterator[None]:
    """Let it be a Tuesday forenoon where the test city is, whatever day it is."""
    set_test_clock(TestClock(datetime(2030, 3, 4, 22, tzinfo=UTC), speed=0.0))
    yield
    set_test_clock(None)


def page(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def ident(browser: Browser) -> int:
    assert browser.viewer is not None and browser.viewer.id is not None
    return browser.viewer.id


def owner(db: Database, opened: Opened) -> int | None:
    with db.reader() as session:
        return session.get_one(Case, opened.id).assignee_id


def profile(db: Database, browser: Browser) -> AgentProfile | None:
    with db.reader() as session:
        return session.get(AgentProfile, ident(browser))


def test_take_next_gives_one_case_after_the_other_and_says_when_there_is_none(
    agent: Agents, say: Say, db: Database
) -> None:
    browser = agent(name="Ama")
    first, second = say("The gutter is blocked", sender=phone(1)), say("The lamp is out", sender=phone(2))
    page(browser, "/desk")
    answer = browser.send("/desk/next")
    assert (answer.status_code, answer.location) == (303, first.address)
    assert "Ama took the case." in page(browser, first.address) and "next of the queue" in browser.page
    assert browser.send("/desk/next").location == second.address
    assert (owner(db, first), owner(db, second)) == (ident(browser), ident(browser))
    page(browser, "/desk")
    answer = browser.send("/desk/next")
    assert answer.location == "/desk?next=none"
    assert "No case waits for you that nobody owns." in page(browser, str(answer.location))


def test_the_same_form_sent_twice_takes_one_case(agent: Agents, say: Say, db: Database) -> None:
    browser = agent()
    first, second = say("The gutter is blocked", sender=phone(1)), say("The lamp is out", sender=phone(2))
    shown = page(browser, "/desk")
    for _ in range(2):
        browser.page = shown
        assert browser.send("/desk/next").location == first.address
    assert owner(db, second) is None


@pytest.mark.parametrize("role", ["executive", "auditor", "counter_clerk"])
def test_who_answers_nobody_takes_nothing(agent: Agents, say: Say, db: Database, role: str) -> None:
    opened, browser = say("The gutter is blocked"), agent((role, "*"))
    assert "next-form" not in page(browser, "/desk")
    assert "Go away" not in browser.page
    helper = agent()
    page(helper, "/desk")
    sent = browser.client.post("/desk/next", data={**helper.fields("/desk/next"), "csrf": "x"})
    assert sent.status_code in (400, 403)
    assert owner(db, opened) is None


def test_one_click_makes_away_and_another_makes_available(agent: Agents, say: Say, db: Database) -> None:
    browser, opened = agent(name="Ama"), say("The gutter is blocked")
    assert "Available" in page(browser, "/desk?view=mine") and "Go away" in browser.page
    answer = browser.send("/desk/availability")
    assert (answer.status_code, answer.location) == (303, "/desk?view=mine")
    assert "Be back" in page(browser, opened.address) and "Away" in browser.page
    row = profile(db, browser)
    assert row is not None and row.away_since is not None and row.away_until is None
    assert browser.send("/desk/availability").location == opened.address, "back to the case that was open"
    assert "Go away" in page(browser, "/desk")
    assert browser.send("/desk/availability", state="asleep").status_code == 422


def test_an_agent_says_what_they_speak_and_know(agent: Agents, db: Database) -> None:
    browser = agent()
    page(browser, "/desk/people/me")
    address = f"/people/{ident(browser)}/tags"
    sent = {"languages": ["en", "mi"], "services": ["burst-main"], "words": "deep drains, ,"}
    assert browser.send(address, **sent).status_code == 303
    row = profile(db, browser)
    assert row is not None
    assert (row.languages, row.skills) == (["en", "mi"], ["burst-main", "deep drains"])
    shown = page(browser, "/desk/people/me")
    assert 'value="mi" checked' in shown and 'value="burst-main" checked' in shown and 'value="deep drains"' in shown
    assert "languages and skills" in shown, "the trace"
    assert browser.send(address, languages=["xx"]).status_code == 422
    assert "no language of this city" in browser.page
    assert "/cap" not in browser.page, "only a supervisor sets how many cases somebody is given"


def test_a_supervisor_sees_and_sets_it_for_their_own_people(agent: Agents, say: Say, db: Database) -> None:
    ama, kofi = agent(("agent", "harbour-works"), name="Ama"), agent(("agent", "front-desk"), name="Kofi")
    boss = agent(("supervisor", "harbour-works"), name="Esi")
    say("Water on the quay", account="sms-works")
    db.run(lambda uow: uow.session.execute(update(Case).values(assignee_id=ident(ama))))
    assert "1 open</span>" in page(boss, "/desk/people/me")
    address = f"/desk/people/{ident(ama)}"
    assert "1 open case" in page(boss, address)
    assert boss.send("/cap", cap="7").status_code == 303
    page(boss, address)
    until = {"until_day": "2030-03-05", "until_hour": "15:30"}
    assert boss.send(f"{address}/availability", **until).status_code == 303
    row = profile(db, ama)
    assert row is not None and row.cap == 7 and row.away_until is not None
    assert row.away_until.isoformat() == "2030-03-05T02:30:00+00:00", "half past three in Auckland"
    assert "until 5 Mar 2030, 15:30" in page(boss, address)
    for wrong in ("x", "-1", "2000"):
        assert boss.send("/cap", cap=wrong).status_code == 422
    assert boss.send("/cap", cap="").status_code == 303
    with db.reader() as session:
        kinds = [one for (one,) in session.execute(select(StaffChange.kind).order_by(StaffChange.id))]
    assert kinds == ["cap", "away", "cap"]
    page(boss, address)
    wrong_day = {**until, "until_day": "2030-03-04", "state": "away"}
    assert boss.send(f"{address}/availability", **wrong_day).status_code == 422
    form = boss.fields("/tags")
    for place in ("tags", "cap", "availability"):
        sent = {**form, "key": f"{form['key']}{place}", "cap": "1", "state": "away"}
        assert boss.client.post(f"/desk/people/{ident(kofi)}/{place}", data=sent).status_code == 404
    assert profile(db, kofi) is None


def test_an_away_that_has_passed_or_is_no_time_is_refused(agent: Agents) -> None:
    browser = agent()
    page(browser, "/desk/people/me")
    address = f"/people/{ident(browser)}/availability"
    for until, said in (
        ({"until_day": "2030-03-04", "until_hour": "08:00"}, "passed already"),
        ({"until_day": "", "until_hour": "08:00"}, "or neither"),
        ({"until_day": "soon", "until_hour": ""}, "or neither"),
    ):
        assert browser.send(address, **until).status_code == 422
        assert said in browser.page


def test_a_leave_hands_over_by_a_list_that_the_stand_in_is_led_to(
    agent: Agents, say: Say, db: Database, container: Container
) -> None:
    ama, kofi, other = agent(name="Ama"), agent(name="Kofi"), agent(name="Esi")
    opened = say("The gutter is blocked")
    db.run(lambda uow: uow.session.execute(update(Case).values(assignee_id=ident(ama))))
    page(ama, "/desk/people/me")
    leave = {"since": "2030-03-05", "until": "2030-03-08", "stand_in": str(ident(kofi)), "returns": "no"}
    assert ama.send(f"/people/{ident(ama)}/leave", **leave).status_code == 303
    assert "Cases stay with them" in page(ama, "/desk/people/me")
    address = f"/desk/people/{ident(ama)}/handover"
    assert "not handed over yet" in page(ama, address) and "The gutter is blocked" in ama.page
    city = container.city
    done = db.run(lambda uow: handing_over.begin_leaves(uow.session, city=city, at=clock.now(uow.session)))
    assert done == 1
    shown = page(kofi, "/desk/notices")
    assert "You stand in: cases were handed over to you" in shown and address in shown
    shown = page(kofi, address)
    assert (
        "5 Mar 2030, 11:00" in shown and "The cases stay with the stand-in" in shown and "Went to: </span>Kofi" in shown
    )
    assert "Handed over from Ama, on leave until" in page(kofi, opened.address)
    assert other.get(address).status_code == 404
    assert ama.get(f"{address}?leave=x").status_code == 422
    assert "On leave" in page(ama, "/desk")


def test_what_was_taken_back_is_told_by_the_bell(agent: Agents, say: Say, db: Database) -> None:
    ama, boss = agent(name="Ama"), agent(("supervisor", "*"), name="Esi")
    opened = say("The gutter is blocked")

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        case, at = session.get_one(Case, opened.id), clock.now(session)
        told = [ident(ama), ident(boss)]
        bells.ring(session, told, case, kind=bells.PULLED_BACK, at=at, about=str(ident(ama)))

    db.run(work)
    assert "Taken back: you did nothing on it in time" in page(ama, "/desk/notices")
    assert "Taken back from its agent, who did nothing on it" in page(boss, "/desk/notices")
    assert opened.address in ama.page
    assert "You were told of this case" in page(ama, opened.address)
