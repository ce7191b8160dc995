"""The page of public holidays: looked at before it is saved, saved once, and never over somebody else's change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cases.clock import TestClock, set_test_clock
from cases.models import ConfigurationVersion, Timer
from cases.sla import recalculating, reckoning
from cases.sla.policy import Target, Unit
from cases.sla.terms import Terms, frozen
from contactcentre import configurations, holidays
from contactcentre.db import Database
from contactcentre.holidays import Edit
from contactcentre.recalculations import follow_calendars
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
PAGE = "/admin/holidays"
NOTICE = """Monday, 26th October, 2026 marks Harbour Day and is a public holiday.
Accordingly, it shall be observed on Tuesday, 27th October, 2026 instead.

The mayor, 1 October."""


@pytest.fixture(autouse=True)
def _thursday() -> Iterator[None]:
    """It is Thursday 22 October 2026, 09:00 UTC."""
    set_test_clock(TestClock(datetime(2026, 10, 22, 9, tzinfo=UTC), speed=0.0))
    yield
    set_test_clock(None)


@pytest.fixture
def admin(agent: Agents) -> Browser:
    return agent(("administrator", "*"), name="Esi")


def versions(db: Database) -> list[ConfigurationVersion]:
    with db.reader() as session:
        return list(session.scalars(select(ConfigurationVersion).order_by(ConfigurationVersion.number)))


def kept(db: Database) -> dict[str, str]:
    with db.reader() as session:
        _, city = holidays.current(session)
    return {str(one.day): f"{one.name}, {one.kept}" for one in city.holidays["port"]}


def promise(container: Container, say: Say) -> int:
    """Let a case be promised within three working days of the port, from Thursday 22 October 2026; returns the timer.

    The port opens on Mondays, and late on Tuesdays.
    """
    opened = say("The crane is stuck")
    calendar = container.city.calendars["port"]
    started = datetime(2026, 10, 21, 20, tzinfo=UTC)
    terms = Terms("reports", 1, Target(3, Unit.WORKING_DAYS), "port")
    due = reckoning.due(calendar, terms.target, started=started)
    row = {"policy": json.loads(frozen(terms)), "due_at": due, "calendar_mark": calendar.fingerprint}
    changed = update(Timer).where(Timer.case_id == opened.id)

    def work(uow: object) -> int:
        uow.session.execute(changed.values(started_at=started, **row))  # type: ignore[attr-defined]
        return uow.session.scalar(select(Timer.id).where(Timer.case_id == opened.id))  # type: ignore[attr-defined]

    return container.db.run(work)


def look(browser: Browser, **values: str) -> int:
    browser.get(PAGE)
    fields = {"csrf": browser.fields("/look")["csrf"], "holidays": "port", **values}
    answer = browser.client.post(f"{PAGE}/look", data=fields)
    browser.page = answer.get_data(as_text=True)
    return answer.status_code


def test_only_who_configures_sees_it(agent: Agents, anybody: Browser, admin: Browser) -> None:
    assert anybody.get(PAGE).status_code == 303
    for role in ("agent", "supervisor", "auditor"):
        assert agent((role, "*")).get(PAGE).status_code == 403
    assert admin.get(PAGE).status_code == 200
    assert f'href="{PAGE}"' in admin.get("/account").get_data(as_text=True)


def test_the_table_shows_days_sources_and_estimates(admin: Browser) -> None:
    page = admin.get(f"{PAGE}?year=2026").get_data(as_text=True)
    assert "Mon 2026-10-26" in page and "Harbour Day" in page and "Notice of the mayor" in page
    assert "Estimate" in page and "open 08:30-12:00" in page and "Closed for: The port&#39;s office." in page
    assert "None is kept for 2031." in admin.get(f"{PAGE}?year=2031").get_data(as_text=True)
    assert admin.get(f"{PAGE}?holidays=none").status_code == 404
    assert admin.get(f"{PAGE}/day?day=2026-10-25").status_code == 404


def test_a_notice_is_looked_at_and_then_saved_and_the_deadline_follows(
    admin: Browser, say: Say, container: Container, db: Database
) -> None:
    timer = promise(container, say)
    assert look(admin, notice=NOTICE, source="Notice of the mayor, 1 October") == 200
    page = admin.page
    assert "Harbour Day</b>: closed Tue 2026-10-27 instead" in page
    assert "Kept until now: 2026-10-26 Harbour Day, closed that day, open 08:30-12:00, an estimate." in page
    assert "The mayor, 1 October." in page and "Not read" in page
    assert ">Open</span> <b>Monday 2026-10-26</b>" in page and ">Closed</span> <b>Tuesday 2026-10-27</b>" in page
    assert "<b>1</b> running promises go by these days; <b>1</b> deadlines would move" in page
    assert len(versions(db)) == 1, "nothing is saved by looking"
    answer = admin.send(PAGE, take="0", reason="The mayor's notice")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?saved=2&holidays=port&year=2026")
    assert admin.viewer is not None
    saved = versions(db)[-1]
    assert (saved.number, saved.parent, saved.author) == (2, 1, admin.viewer.actor)
    assert saved.reason == "The mayor's notice"
    assert kept(db)["2026-10-26"] == "Harbour Day, 2026-10-27"
    before = container.city.calendars["port"]
    with db.reader() as session:
        due = session.get_one(Timer, timer).due_at
    container._follower.refresh()
    after = container.city.calendars["port"]
    assert follow_calendars(container) == 1
    with db.reader() as session:
        moved = session.get_one(Timer, timer)
        assert moved.due_at != due
        assert moved.due_at == reckoning.due(
            after, Target(3, Unit.WORKING_DAYS), started=datetime(2026, 10, 21, 20, tzinfo=UTC)
        )
    assert recalculating.changed({"port": before}, {"port": after}) == {"port"}


def test_one_day_is_changed_added_and_taken_out(admin: Browser, db: Database) -> None:
    admin.get(f"{PAGE}/day?holidays=port&day=2026-10-26")
    assert admin.fields("/look")["was"] == "2026-10-26"
    fields = {"date": "2026-10-26", "name": "Harbour Day", "source": "The council", "observed": "2026-10-27"}
    assert look(admin, was="2026-10-26", **fields) == 200
    assert admin.send(PAGE, take="0", reason="council").status_code == 303
    assert look(admin, date="2026-11-02", name="Mayor's Day", source="The council", hours="08:30-10:00") == 200
    assert "Half a day" in admin.page
    assert admin.send(PAGE, take="0", reason="council").status_code == 303
    assert kept(db)["2026-11-02"] == "Mayor's Day, 2026-11-02"
    assert look(admin, was="2026-11-02", remove="yes") == 200
    assert "taken out" in admin.page
    assert admin.send(PAGE, take="0", reason="council").status_code == 303
    assert "2026-11-02" not in kept(db)
    assert [one.number for one in versions(db)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"notice": " ", "source": "x"}, "Paste the words of the notice"),
        ({"notice": "6 March", "source": " "}, "Say where the notice comes from"),
        ({"date": "soon", "name": "x", "source": "x"}, "Write the day as 2026-03-06."),
        ({"date": "2026-03-06", "name": " ", "source": "x"}, "Name the holiday."),
        ({"date": "2026-03-06", "name": "x", "source": ""}, "Say where the day comes from"),
        ({"date": "2026-03-06", "name": "x", "source": "x", "hours": "12-8"}, "Write hours such as 08:00-12:00"),
        ({"date": "2026-03-06", "name": "x", "source": "x", "observed": "never"}, "Write the day as 2026-03-06."),
        ({"offered": '{"was": 7}'}, "This form is incomplete."),
    ],
)
def test_what_cannot_be_used_comes_back_in_words(admin: Browser, values: dict[str, str], words: str) -> None:
    assert look(admin, **values) == 422
    assert words in admin.page


def test_a_reason_is_needed_and_a_doubtful_day_is_not_ticked(admin: Browser, db: Database) -> None:
    look(admin, notice="Friday, 2nd November 2026 marks Mayor's Day.", source="The mayor")
    assert "2026-11-02 is a Monday, but the text says Friday." in admin.page
    assert 'value="0" checked' not in admin.page and "Nothing is ticked" in admin.page
    assert admin.send(PAGE, reason="because").status_code == 422
    answer = admin.send(PAGE, take="0", reason=" ")
    assert answer.status_code == 422 and "Say why" in admin.page
    assert len(versions(db)) == 1
    assert admin.send(PAGE, take="0", reason="It is the 2nd").status_code == 303


def test_somebody_elses_change_is_not_overwritten(admin: Browser, container: Container, db: Database) -> None:
    look(admin, was="2026-10-26", remove="yes")

    def other(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        gone = date(2026, 2, 6)
        found, city = holidays.current(session)
        assert gone in {one.day for one in city.holidays["port"]}
        plan = holidays.plan(session, "port", [Edit(gone, None)], at=datetime(2026, 1, 1, tzinfo=UTC))
        holidays.save(session, plan, parent=found.number, author="test", reason="another")

    db.run(other)
    answer = admin.send(PAGE, take="0", reason="mine")
    assert answer.status_code == 409 and "Somebody else has changed" in admin.page
    assert "2026-10-26" in kept(db)
    assert admin.send(PAGE, take="0", reason="mine").status_code == 303, "after it was looked at again"
    assert {"2026-10-26", "2026-02-06"}.isdisjoint(kept(db))


def test_the_same_form_sent_twice_makes_one_version(admin: Browser, db: Database) -> None:
    look(admin, was="2026-10-26", remove="yes")
    page = admin.page
    for _ in range(2):
        admin.page = page
        assert admin.send(PAGE, take="0", reason="once").status_code == 303
    assert len(versions(db)) == 2


def test_a_version_before_can_be_made_again(admin: Browser, container: Container, db: Database) -> None:
    look(admin, was="2026-10-26", remove="yes")
    admin.send(PAGE, take="0", reason="gone")
    first = versions(db)[0]
    with db.reader() as session:
        current = configurations.active(session)
    assert current is not None
    db.run(
        lambda uow: configurations.add(
            uow.session, first.content["files"], parent=current.number, author="test", reason="back"
        )
    )
    assert "2026-10-26" in kept(db)
