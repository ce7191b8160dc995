"""The forecast's page: what breaks today and why, and moves that are looked at, done and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cases import assignment, availability, staff
from cases.models import FigureFact
from cases.queries import forecast
from contactcentre.db import Database
from contactcentre.web.board import drawing, remembered
from tests.factories import make_agent, phone
from tests.web import steered
from tests.web.conftest import Browser, Opened
from tests.web.steered import FRONT, WORKS, at, case, form, text

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


@pytest.fixture(autouse=True)
def _city(app: Flask, container: Container, db: Database, tmp_path: Path) -> Iterator[None]:
    app.extensions.pop("board", None)  # what was drawn and reckoned in the test before
    steered.furnish(container, db, tmp_path)
    at()
    yield from steered.stopped()


@dataclass
class Morning:
    """A supervisor, two agents, and six cases that are due in ninety minutes, all of them Kofi's."""

    ama: Browser
    kofi: int
    esi: int
    cases: list[Opened]


@pytest.fixture
def morning(container: Container, db: Database, agent: Agents, say: Say) -> Morning:
    ama = agent(("supervisor", WORKS), name="Ama")
    kofi = db.run(lambda uow: make_agent(uow.session, "Kofi", ("agent", WORKS)))
    esi = db.run(lambda uow: make_agent(uow.session, "Esi", ("agent", WORKS)))
    found = [say(f"Water on the quay {n}", sender=phone(n), account="sms-works") for n in range(6)]
    for one in found:
        how = {"city": container.city, "reference": one.reference, "agent_id": kofi.id}
        db.run(lambda uow, how=how: assignment.assign(uow.session, ama.viewer, **how))
    assert kofi.id and esi.id
    return Morning(ama, kofi.id, esi.id, found)


def moves(browser: Browser) -> list[tuple[str, str]]:
    """Return the moves that the page offers: how many to whom, and their address."""
    found = re.findall(
        r"<li class=\"line wrap\"><span>Give (\d+) cases? to <b>([^<]+)</b></span><a[^>]*href=\"([^\"]+)\"",
        browser.page,
    )
    return [(f"{number} {name}", unescape(address)) for number, name, address in found]


def test_what_breaks_is_said_with_its_arithmetic_and_a_move_is_looked_at_done_and_undone(
    morning: Morning, db: Database
) -> None:
    ama = morning.ama
    page = text(ama.get("/board/forecast").get_data(as_text=True))
    assert "2 of 6 cases with a deadline today will break; moves prevent 2 of them" in page
    assert "Kofi has it and comes to it after 4 cases, 1 h 40 of work from 09:00: is done with it at 10:40, 10 min" in (
        page
    )
    assert "Kofi works 15 h 00 more today, until 00:00. 6 cases due today take 2 h 00: 13 h 00 remain." in page
    assert "as configured: 0 are known of the last 28 days, and 20 are needed" in page
    [(what, address)] = moves(ama)
    assert what == "2 Esi"
    assert "<b>2</b> of 2 would be done" in ama.get(address).get_data(as_text=True)
    assert {case(db, one.reference).assignee_id for one in morning.cases} == {morning.kofi}
    form(ama, "/desk/bulk")
    held = [case(db, one.reference).assignee_id for one in morning.cases]
    assert sorted(held) == sorted([morning.kofi] * 4 + [morning.esi] * 2) and "<b>2</b> done" in ama.page
    run = ama.page
    assert "All 6 cases with a deadline today can be kept." in text(ama.get("/board/forecast").get_data(as_text=True))
    ama.page = run
    form(ama, "/desk/bulk/")
    assert {case(db, one.reference).assignee_id for one in morning.cases} == {morning.kofi}


def test_who_is_away_or_on_leave_reaches_nothing(morning: Morning, db: Database, container: Container) -> None:
    db.run(lambda uow: availability.switch(uow.session, morning.ama.viewer, agent_id=morning.kofi, away=True))
    page = text(morning.ama.get("/board/forecast").get_data(as_text=True))
    assert "6 of 6 cases with a deadline today will break; moves prevent 4 of them" in page
    assert "Kofi does not work any more today, so nobody reaches it." in page and "No move helps" in page
    assert "Kofi has no time left today: they have switched to away. 6 cases of theirs are due today." in page
    leave = {"agent_id": morning.esi, "since": at(), "until": at(48)}
    at()
    db.run(lambda uow: staff.add_leave(uow.session, morning.ama.viewer, **leave))
    page = text(morning.ama.get("/board/forecast").get_data(as_text=True))
    assert "6 of 6 cases with a deadline today will break." in page
    assert "Esi has no time left today: they are on leave." in page and not moves(morning.ama)


def test_what_was_done_lately_says_how_long_one_case_takes(
    morning: Morning, db: Database, container: Container
) -> None:
    day = at().date()

    def facts(uow: object, *, secret: bool) -> None:
        for number in range(20):
            row = {"measure": "first_response", "instance": 1, "day": day - timedelta(days=3), "department": WORKS}
            place = {
                "service": "",
                "channel": "sms",
                "area": "",
                "confidential": secret,
                "calendar_mark": "",
            }
            made = FigureFact(case_id=10_000 + number + 100 * secret, wall=60, business=300 + number, **row, **place)
            uow.session.add(made)  # type: ignore[attr-defined]

    db.run(lambda uow: facts(uow, secret=False))
    with db.reader() as session:
        found = forecast.today(session, morning.ama.viewer, city=container.city)
        other = forecast.today(session, morning.ama.viewer, city=container.city, department=WORKS)
    assert found.handlings[WORKS, "answer"].middle == 309 and found.handlings[WORKS, "answer"].count == 20
    assert found.handlings[WORKS, "ending"].middle is None and other.handlings == found.handlings
    assert not any(one.late for one in found.laid.values())


def test_nobody_sees_or_moves_what_is_not_theirs(
    morning: Morning, agent: Agents, say: Say, db: Database, container: Container
) -> None:
    other = agent(("supervisor", FRONT), name="Yaw")
    assert "Water" not in other.get("/board/forecast").get_data(as_text=True)
    assert other.get(f"/board/forecast?department={WORKS}").status_code == 404
    everywhere = agent(("supervisor", "*"), name="Efua")
    secret = morning.cases[0]
    steered.change(db, secret.id, confidential=True)
    page = everywhere.get("/board/forecast").get_data(as_text=True)
    assert f"{secret.reference[:4]}-{secret.reference[4:]}" not in page
    assert "of 5 cases with a deadline today" in text(page) and "6 cases due today take 2 h 00" in text(page)
    assert agent(("agent", WORKS), name="Kojo").get("/board/forecast").status_code == 403


def likely(browser: Browser, address: str = "/board") -> tuple[str, ...]:
    """Return what a board says of what is likely to be missed: tone, where it leads, the number, and words."""
    page = browser.get(address).get_data(as_text=True)
    found = re.search(
        r'<a class="bx part likely ([a-z]*)" title="[^"]+" href="([^"]+)">.*?"v">(\S+) <small>(.*?)</small>', page
    )
    return tuple(unescape(one).replace("\u00a0", " ") for one in found.groups()) if found else ()


def test_a_board_says_how_many_are_likely_to_be_missed_of_what_its_viewer_steers(
    morning: Morning, agent: Agents, say: Say, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LASTS", -1.0)
    monkeypatch.setattr(remembered, "LIKELY_LAST", -1.0)
    front = say("Something else", sender=phone(50), account="sms-front")
    steered.change(db, front.id, due_at=steered.START + timedelta(hours=8), due_kind="first_response")
    yaw = agent(("supervisor", "*"), name="Yaw")
    assert likely(morning.ama) == ("warm", "/board/forecast", "2", "of 6 still due: Harbour 2")
    assert likely(yaw) == ("warm", "/board/forecast", "3", "of 7 still due: Harbour 2, Front 1")
    narrowed = f"/board?department={WORKS}"
    assert likely(yaw, narrowed) == ("warm", f"/board/forecast?department={WORKS}", "2", "of 6 still due")
    steered.change(db, morning.cases[0].id, confidential=True)
    steered.change(db, morning.cases[1].id, about=["agent:99999"])
    assert (
        likely(morning.ama)[3] == "of 5 still due: Harbour 2" and likely(yaw)[3] == "of 5 still due: Harbour 2, Front 1"
    )
    assert likely(agent(("executive", "*"), name="Efua")) == (), "who steers nothing has no forecast"


def test_what_is_likely_is_reckoned_once_in_half_a_minute_for_all_who_steer_the_same(
    morning: Morning, agent: Agents, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LASTS", -1.0)
    assert likely(morning.ama)[2] == "2"
    db.run(lambda uow: availability.switch(uow.session, morning.ama.viewer, agent_id=morning.kofi, away=True))
    assert likely(morning.ama)[2] == "2" and likely(agent(("supervisor", WORKS), name="Efua"))[2] == "2"
    yaw = agent(("supervisor", "*"), name="Yaw")
    assert likely(yaw)[2] == "6", "who steers other departments shares nothing"
    assert likely(yaw, f"/board?department={FRONT}")[2] == "0", "nor does a board of other departments"
    monkeypatch.setattr(remembered, "LIKELY_LAST", -1.0)
    assert likely(morning.ama)[2] == "6"
