"""The executives' page: what is broken, escalated and old; no complaint about staff, nothing confidential, no words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from cases import clock
from cases.figures import projecting
from cases.figures.setting import setting_of
from cases.models import Case, Escalation, Event, Timer
from cases.models.event import Happened, record
from cases.queries import executive
from cases.sla import waking
from contactcentre.db import Database
from tests.factories import phone
from tests.web import steered
from tests.web.boarded import counted
from tests.web.conftest import Browser, Opened
from tests.web.steered import CONDUCT, FRONT, WORKS, at, text

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
CANARY = "grebes nest in the choked gutter"


@pytest.fixture(autouse=True)
def _city(container: Container, db: Database, tmp_path: Path) -> Iterator[None]:
    steered.furnish(container, db, tmp_path)
    at()
    yield from steered.stopped()


def count(container: Container) -> None:
    """Let tickers see what has fallen due, and count it."""
    city = container.city

    def batch(uow: Any) -> int:
        return projecting.project(uow.session, setting_of(city), at=clock.now(uow.session))

    while container.db.run(
        lambda uow: waking.wake(uow.session, calendars=city.calendars, at=clock.now(uow.session))
    ):  # fmt: skip
        pass
    while container.db.run(batch):
        pass
    counted(container)


@pytest.fixture
def late(container: Container, db: Database, say: Say) -> dict[str, Opened]:
    """Cases of two departments that were opened a week ago, today, and of things that executives are not shown."""
    made = {}
    accounts = {"works": "sms-works", "front": "sms-front", "secret": "sms-works", "conduct": "sms-front"}
    for number, (name, account) in enumerate(accounts.items(), 1):
        made[name] = say(f"{CANARY} {name}", sender=phone(number), account=account)

    def hide(uow: Any) -> None:
        for name, kind in (("secret", "restricted"), ("conduct", "transferred")):
            case = uow.session.scalars(select(Case).where(Case.id == made[name].id).with_for_update()).one()
            case.confidential = True
            values: dict[str, Any] = {"confidential": True}
            if name == "conduct":
                case.department, values = CONDUCT, {**values, "from": FRONT, "to": CONDUCT}
            record(uow.session, case, [Happened(kind, "system", values)], at=clock.now(uow.session))

    db.run(hide)
    at(24 * 8)
    made["new"] = say(f"{CANARY} new", sender=phone(9), account="sms-works")
    at(24 * 8 + 3)
    count(container)
    return made


def test_an_executive_sees_what_is_stuck_and_no_more(agent: Agents, late: dict[str, Opened], db: Database) -> None:
    kwame = agent(("executive", "*"), name="Kwame")
    page = kwame.get("/board/executive").get_data(as_text=True)
    said = text(page)
    assert "3 of 3 open cases are overdue now." in said
    assert f"{CANARY}" not in page and "grebes" not in page
    shown = {one.replace("-", "") for one in re.findall(r'<span class="ref">([\d-]+)</span>', page)}
    assert shown == {late[name].reference for name in ("works", "front", "new")}
    assert "Complaints about staff" not in page
    assert "Harbour works Open: 2 Overdue now: 2 Broken, 7 days: 1" in said
    assert "Front desk Open: 1 Overdue now: 1 Broken, 7 days: 0 1 fewer than the week before" in said


def test_its_numbers_are_those_of_the_histories(
    agent: Agents, late: dict[str, Opened], db: Database, container: Container
) -> None:
    kwame = agent(("executive", "*"), name="Kwame")
    ordinary = [late[name].id for name in ("works", "front", "new")]
    with db.reader() as session:
        found = executive.load(session, kwame.viewer, city=container.city)
        for kind, value in (("timer_breached", "broken"), ("escalated", "escalated")):
            events = select(func.count()).where(Event.kind == kind, Event.case_id.in_(ordinary))
            number = session.scalar(events)
            assert sum(getattr(one, value) for one in found.weeks) == number and number
            assert sum(sum(getattr(one, value)) for one in found.departments) == number
        rungs = {one.reference: one.rungs for one in found.stuck}
        for name in ("works", "front", "new"):
            theirs = select(Timer.id).where(Timer.case_id == late[name].id)
            told = session.scalar(select(func.count()).where(Escalation.timer_id.in_(theirs)))
            assert rungs[late[name].reference] == told
    assert [one.reference for one in found.stuck] == [late[name].reference for name in ("works", "front", "new")]
    assert found.together["age_8"] == 2 and found.together["age_0"] == 1
    assert found.at - found.departments[0].now.worst_due > timedelta(days=7)  # type: ignore[operator]


@pytest.mark.parametrize("role", ["supervisor", "auditor"])
def test_who_reads_more_elsewhere_sees_no_more_here(agent: Agents, late: dict[str, Opened], role: str) -> None:
    browser = agent((role, WORKS), (role, CONDUCT), name="Efua")
    page = browser.get("/board/executive").get_data(as_text=True)
    shown = {one.replace("-", "") for one in re.findall(r'<span class="ref">([\d-]+)</span>', page)}
    assert shown == {late["works"].reference, late["new"].reference}
    assert "2 of 2 open cases are overdue now." in text(page) and "grebes" not in page


def test_without_anything_counted_it_says_so(agent: Agents) -> None:
    page = text(agent(("executive", "*"), name="Kwame").get("/board/executive").get_data(as_text=True))
    assert "0 of 0 open cases" in page and "Nothing has been counted yet." in page and "Nothing is overdue." in page


def test_an_executive_begins_with_what_is_stuck(agent: Agents) -> None:
    assert agent(("executive", "*"), name="Akua").get("/").location == "/board/executive"
    assert agent(("executive", "*"), ("agent", FRONT), name="Esi").get("/").location == "/desk"
