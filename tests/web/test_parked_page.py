"""Parked cases: who waits for whom, the longest first, and what is done about several of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases import assignment, lifecycle, replies, snoozing
from cases.lifecycle import Status
from cases.models import Case, Event, Timer
from contactcentre.db import Database
from tests.factories import phone
from tests.web import steered
from tests.web.conftest import Browser, Opened
from tests.web.steered import FRONT, START, WORKS, at, case, form, text

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


@pytest.fixture(autouse=True)
def _city(container: Container, db: Database, tmp_path: Path) -> Iterator[None]:
    steered.furnish(container, db, tmp_path)
    at()
    yield from steered.stopped()


@pytest.fixture
def ama(agent: Agents) -> Browser:
    return agent(("supervisor", WORKS), ("agent", WORKS), name="Ama")


@pytest.fixture
def parked(container: Container, db: Database, ama: Browser, say: Say) -> dict[str, Opened]:
    """Cases parked at several hours: for the citizen, for others, put aside; one is open."""
    names = ("others", "citizen", "aside", "open")
    made = {name: say(f"Water at {name}", sender=phone(n), account="sms-works") for n, name in enumerate(names, 1)}
    city = container.city

    def act(uow: object, name: str) -> None:
        session, reference = uow.session, made[name].reference  # type: ignore[attr-defined]
        if name == "aside":
            how = {"until": at(30), "reason": "the tide is high"}
            at(3)
            snoozing.snooze(session, ama.viewer, reference=reference, **how)
        elif name == "citizen":
            replies.reply(session, ama.viewer, city=city, reference=reference, text="Where exactly?", wait=True)
        else:
            to = {"to": Status.WAITING_ON_THIRD_PARTY, "calendars": city.calendars}
            lifecycle.transition(session, ama.viewer, reference=reference, **to)

    for hours, name in ((1, "others"), (2, "citizen"), (3, "aside")):
        at(hours)
        db.run(lambda uow, name=name: act(uow, name))
    at(5)
    return made


def boxes(browser: Browser) -> dict[str, str]:
    """Return what the boxes of the page send, by reference, in their order."""
    found = re.findall(r'name="case" value="(([\d-]+)\.\d+)"', browser.page)
    return {reference.replace("-", ""): picked for picked, reference in found}


def tried(browser: Browser, *picked: str, **values: str) -> str:
    """Look at an act, and return what the page says of it."""
    asked = "&".join([*(f"case={one}" for one in picked), *(f"{name}={value}" for name, value in values.items())])
    return text(browser.get(f"/desk/bulk?{asked}").get_data(as_text=True))


def test_they_stand_in_the_order_in_which_they_were_parked(ama: Browser, parked: dict[str, Opened]) -> None:
    page = text(ama.get("/board/parked").get_data(as_text=True))
    assert list(boxes(ama)) == [parked[name].reference for name in ("others", "citizen", "aside")]
    assert "4 h 00 since" in page and "3 h 00 since" in page and "2 h 00 since" in page
    assert "Waits for the third party" in page and "Waits for the citizen" in page
    assert "the tide is high" in page and "until 3 Mar 2026, 15:00" in page and "3 cases wait or were put aside" in page
    assert "The citizen has written since" not in page


def test_a_citizen_who_has_spoken_since_is_pointed_out(ama: Browser, parked: dict[str, Opened], db: Database) -> None:
    steered.change(db, parked["others"].id, last_speaker="citizen", last_message_at=at(4))
    at(5)
    page = text(ama.get("/board/parked").get_data(as_text=True))
    assert "in 1 the citizen has written since" in page and "The citizen has written since" in page


def test_they_are_taken_up_again_and_parked_again(ama: Browser, parked: dict[str, Opened], db: Database) -> None:
    ama.get("/board/parked")
    assert "3 of 3 would be done" in tried(ama, *boxes(ama).values(), action="take_up")
    form(ama, "/desk/bulk")
    found = {name: case(db, one.reference) for name, one in parked.items()}
    assert {found[name].status for name in ("others", "citizen")} == {"open"} and not found["aside"].snoozed_until
    form(ama, "/desk/bulk/")
    found = {name: case(db, one.reference) for name, one in parked.items()}
    assert (found["others"].status, found["citizen"].status) == ("waiting_on_third_party", "waiting_on_citizen")
    assert found["aside"].snoozed_until == at(30)


def test_a_case_is_taken_from_its_agent_and_given_back(
    ama: Browser, parked: dict[str, Opened], db: Database, container: Container
) -> None:
    one = parked["others"]
    db.run(lambda uow: assignment.take(uow.session, ama.viewer, city=container.city, reference=one.reference))
    ama.get("/board/parked")
    said = tried(ama, boxes(ama)[one.reference], boxes(ama)[parked["aside"].reference], action="pull_back")
    assert "1 of 2 would be done" in said, said
    assert "Nobody has this case." in said
    form(ama, "/desk/bulk")
    assert case(db, one.reference).assignee_id is None
    form(ama, "/desk/bulk/")
    assert case(db, one.reference).assignee_id == ama.viewer.id  # type: ignore[union-attr]


def test_a_deadline_is_set_with_a_reason_and_put_back(ama: Browser, parked: dict[str, Opened], db: Database) -> None:
    def due() -> object:
        with db.reader() as session:
            return session.scalars(select(Timer.due_at).where(Timer.case_id == parked["open"].id)).one()

    at(0.5)
    before, one = due(), case(db, parked["open"].reference)
    picked = f"{one.reference}.{one.version}"
    assert "Give a reason" in tried(ama, picked, action="deadline", set_due="2026-03-02T17:00", set_reason="", **TRY)
    assert "Give a date and a time" in tried(ama, picked, action="deadline", set_due="now", set_reason="x", **TRY)
    good = {"set_due": "2026-03-02T17:00", "set_reason": "the crew waits for the tide"}
    assert "1 of 1 would be done" in tried(ama, picked, action="deadline", **good, **TRY)
    form(ama, "/desk/bulk")
    assert due() == START + timedelta(hours=8) and due() != before
    form(ama, "/desk/bulk/")
    assert due() == before


TRY = {"try": "yes"}


def test_a_note_goes_to_several_cases(ama: Browser, parked: dict[str, Opened], db: Database) -> None:
    ama.get("/board/parked")
    tried(ama, *boxes(ama).values(), action="note", set_text="The+pump+comes+tomorrow", **TRY)
    form(ama, "/desk/bulk")
    with db.reader() as session:
        noted = session.scalars(select(Event.case_id).where(Event.kind == "note")).all()
    assert sorted(noted) == sorted(parked[name].id for name in ("others", "citizen", "aside"))


def test_nobody_sees_what_they_do_not_steer(agent: Agents, parked: dict[str, Opened], db: Database) -> None:
    other = agent(("supervisor", FRONT), name="Yaw")
    assert not boxes(_at(other, "/board/parked"))
    assert other.get(f"/board/parked?department={WORKS}").status_code == 404
    steered.change(db, parked["others"].id, confidential=True)
    assert len(boxes(_at(agent(("supervisor", "*"), name="Efua"), "/board/parked"))) == 2
    with db.reader() as session:
        assert len(session.scalars(select(Case)).all()) == 4


def _at(browser: Browser, address: str) -> Browser:
    browser.get(address)
    return browser
