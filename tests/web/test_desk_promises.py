"""The desk's forms for promises: priority, service, deadlines by hand, the steps of a law; and who gets to see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cases.departments import City
from cases.models import Case, Message, Timer
from cases.sla import timers
from cases.sla.policy import Target, Unit
from cases.sla.statutes import ASK, Statute
from cases.sla.timers import TimerKind
from contactcentre.configurations import Follower
from contactcentre.db import Database
from tests.web.conftest import Browser, Opened
from tests.web.test_desk_tasks import text_of

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def timer_of(db: Database, kind: str = "first_response") -> Timer:
    with db.reader() as session:
        return session.scalars(select(Timer).where(Timer.kind == kind)).one()


@pytest.fixture
def opened(say: Say) -> Opened:
    return say("Water on the quay", account="sms-works")


@pytest.fixture
def boss(agent: Agents, opened: Opened) -> Browser:
    """A supervisor who has the case open."""
    browser = agent(("supervisor", "*"), name="Yaw")
    browser.get(opened.address)
    return browser


def test_the_priority_is_changed_and_told(boss: Browser, opened: Opened, db: Database) -> None:
    answer = boss.send("/priority", priority="high")
    assert (answer.status_code, answer.location) == (303, f"{opened.address}#facts")
    said = text_of(boss.get(opened.address).get_data(as_text=True))
    assert "Yaw changed the priority from normal to high." in said and "High priority, Burst water main." in said
    assert boss.send("/priority", priority="utmost").status_code == 422
    assert "&#39;utmost&#39; is no priority" in boss.page


def test_the_service_is_chosen_from_the_department_s_own(boss: Browser, opened: Opened, db: Database) -> None:
    db.run(lambda uow: setattr(uow.session.get_one(Case, opened.id), "service", None))
    assert '<option value="">Choose</option>' in boss.get(opened.address).get_data(as_text=True)
    assert boss.send("/service", service="").status_code == 422
    assert "is no service of this department" in text_of(boss.page)
    assert boss.send("/service", service="burst-main").status_code == 303
    with db.reader() as session:
        assert session.get_one(Case, opened.id).service == "burst-main"


def test_a_deadline_is_given_in_local_time_and_shown_in_words(boss: Browser, opened: Opened, db: Database) -> None:
    timer = timer_of(db)
    values = {"timer": str(timer.id), "due": "2090-01-15T09:30", "reason": "The diver comes on Sunday"}
    assert boss.send("/deadline", **values).status_code == 303
    moved = timer_of(db)
    # Summer there is thirteen hours ahead.
    assert (moved.due_at, moved.overridden) == (datetime(2090, 1, 14, 20, 30, tzinfo=UTC), True)
    said = text_of(boss.get(opened.address).get_data(as_text=True))
    assert "Yaw set another deadline. First reply is due 15 Jan 2090, 09:30 instead of" in said
    assert "First reply, due 15 Jan 2090, 09:30" in said  # as the form offers it


@pytest.mark.parametrize(
    ("values", "words", "field"),
    [
        ({"due": ""}, "Give the new deadline", "due"),
        ({"due": "on Sunday"}, "Give a date and a time", "due"),
        ({"due": "2001-01-01T00:00"}, "has passed already", "due"),
        ({"due": "2089-09-25T02:30"}, "no such hour", "due"),
        ({"reason": " "}, "Give a reason", "reason"),
        ({"timer": ""}, "Choose the promise", "timer"),
        ({"timer": "999"}, "not running any more", "timer"),
    ],
    ids=str,
)
def test_a_deadline_form_comes_back_as_it_was_typed(
    boss: Browser, db: Database, values: dict[str, str], words: str, field: str
) -> None:
    before = timer_of(db)
    given = {"timer": str(before.id), "due": "2090-01-15T09:30", "reason": "The diver", **values}
    assert boss.send("/deadline", **given).status_code == 422
    assert words in text_of(boss.page)
    assert timer_of(db).due_at == before.due_at
    assert re.search(rf'class="[^"]*\bwrong\b[^"]*"[^>]*name="{field}"', boss.page)
    for name in ("due", "reason"):
        assert re.search(rf'name="{name}"[^>]*value="{re.escape(given[name])}"', boss.page), name


def test_only_who_may_override_sees_the_form(boss: Browser, opened: Opened, agent: Agents, db: Database) -> None:
    page = agent(("agent", "harbour-works"), name="Esi").get(opened.address).get_data(as_text=True)
    assert "/priority" in page and "/deadline" not in page and "/extension" not in page
    assert "/deadline" in boss.page and "/extension" not in boss.page
    esi = agent(("agent", "harbour-works"), name="Esi")
    esi.get(opened.address)
    data = {**esi.fields("/priority"), "timer": str(timer_of(db).id), "due": "2090-01-15T09:30", "reason": "x"}
    assert esi.client.post(f"{opened.address}/deadline", data=data).status_code == 403


# The steps of a law.


def under(
    container: Container, monkeypatch: pytest.MonkeyPatch, db: Database, opened: Opened, **changes: Any
) -> Statute:
    """Make the case a request under the test city's law, whose decision is awaited."""
    statute = replace(container.city.statutes[0], **changes)
    city = replace(container.city, statutes=(statute,))
    monkeypatch.setattr(Follower, "city", property(lambda _: city))

    def work(uow: Any, city: City = city) -> None:
        case = uow.session.get_one(Case, opened.id)
        case.family = statute.family
        started = case.opened_at
        made = timers.promise(statute.decides(version=1), TimerKind.DECISION, calendars=city.calendars, started=started)
        timers.begin(uow.session, case, made)

    db.run(work)
    return statute


def test_what_the_law_does_not_say_is_asked_for(
    boss: Browser, opened: Opened, db: Database, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    under(container, monkeypatch, db, opened, extension_days=None)
    page = boss.get(opened.address).get_data(as_text=True)
    said = text_of(page)
    assert "By Records Act, a decision is due" in said
    for what in ("Longest extension", "Time of an urgent decision", "Time of an internal review"):
        assert f"{what}: {ASK}" in said
    assert f"Days to go to the commission: {ASK}" in said
    assert not any(form in page for form in ("/extension", "/urgent", "/review"))


def test_a_decision_is_put_off_once_and_the_applicant_is_told(
    boss: Browser, opened: Opened, db: Database, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(container.jobs, "nudge", lambda _, account: nudged.append(account))
    under(container, monkeypatch, db, opened)
    before = timer_of(db, "decision").due_at
    boss.get(opened.address)
    given = {"days": "30", "reason": "Many files", "notice": "You will hear from us a little later."}
    assert boss.send("/extension", **given).status_code == 422
    assert "allows an extension of 1 to 10 days" in text_of(boss.page)
    assert ">\nYou will hear from us a little later.</textarea>" in boss.page and 'value="Many files"' in boss.page
    assert boss.send("/extension", **{**given, "notice": ""}).status_code == 422
    assert timer_of(db, "decision").due_at == before
    assert boss.send("/extension", **{**given, "days": "10"}).status_code == 303
    after = timer_of(db, "decision").due_at
    assert before is not None and after is not None and after > before
    assert nudged == ["sms-works"]
    with db.reader() as session:
        assert session.scalars(
            select(Message.text).where(Message.automatic.is_(False), Message.direction == "out")
        ).all() == [given["notice"]]
    said = text_of(boss.get(opened.address).get_data(as_text=True))
    assert "put off once already" in said and "/extension" not in boss.page


def test_urgent_and_review(
    boss: Browser, opened: Opened, db: Database, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    under(
        container, monkeypatch, db, opened,
        urgent=Target(48, Unit.ELAPSED), internal_review=Target(15, Unit.CALENDAR_DAYS),
    )  # fmt: skip
    before = timer_of(db, "decision").due_at
    boss.get(opened.address)
    assert boss.send("/urgent", reason=" ").status_code == 422
    assert "Give a reason" in text_of(boss.page)
    assert boss.send("/urgent", reason="She is held without charge").status_code == 303
    after = timer_of(db, "decision").due_at
    assert before is not None and after is not None and after < before
    boss.get(opened.address)
    assert boss.send("/review", reason="").status_code == 422
    assert boss.send("/review", reason="Nobody answered").status_code == 303
    assert timer_of(db, "internal_review").state == "running"
    said = text_of(boss.get(opened.address).get_data(as_text=True))
    assert "put it under the time for life and liberty" in said and "Internal review" in said
    assert "/review" not in boss.page


def test_without_a_law_a_step_of_it_says_so(boss: Browser, opened: Opened) -> None:
    data = {**boss.fields("/deadline"), "reason": "Held"}
    answer = boss.client.post(f"{opened.address}/urgent", data=data)
    assert answer.status_code == 422
    assert "No law sets times for a case of this family." in answer.get_data(as_text=True)
