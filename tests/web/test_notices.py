"""The bell and its page; the page where an agent says how they are told, when they are away, when they work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import phonenumbers
import pytest
from sqlalchemy import select, update

from cases import clock, notices
from cases.errors import Invalid
from cases.models import Absence, Agent, Case, Escalation, Notice, Shift, Timer
from contactcentre.db import Database
from contactcentre.web.desk import people
from tests.factories import make_city, phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
COUNT = re.compile(r'<b class="count">(\d+\+?)<')


def escalate(container: Container, opened: Opened, browser: Browser, *steps: str) -> None:
    """Let steps of a case's promise be told to an agent, whose case it becomes."""

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        assert browser.viewer is not None
        session.execute(update(Case).where(Case.id == opened.id).values(assignee_id=browser.viewer.id))
        timer, at = session.scalars(select(Timer).where(Timer.case_id == opened.id)).first(), clock.now(session)
        row = {"timer_id": timer.id, "case_id": opened.id, "due_at": timer.due_at, "to": ["assignee"]}
        session.add_all(Escalation(**row, step=step, created_at=at) for step in steps)
        session.flush()
        later = at + timedelta(days=7)  # whatever the hours of the test city are
        notices.address(session, city=container.city, at=at, most=1000)
        notices.tell(session, city=container.city, at=later, most=1000)

    container.db.run(work)


def bells(page: str) -> list[str]:
    """Return what the bells of a page show: one beside the desk, one below it on a phone."""
    return COUNT.findall(page)


def page(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_bell_counts_what_is_unread_and_its_page_lists_it_newest_first(
    agent: Agents, say: Say, container: Container
) -> None:
    browser, other = agent(name="Ama"), agent(name="Kofi")
    first, second = say("The gutter is blocked", sender=phone(1)), say("The lamp is out", sender=phone(2))
    assert bells(page(browser, "/desk")) == []
    escalate(container, first, browser, "50%")
    escalate(container, second, browser, "50%", "due")
    assert bells(page(browser, "/desk")) == ["3", "3"]
    shown = page(browser, "/desk/notices")
    listed = re.search(r'<section class="pane nothing notices".*?</section>', shown, re.DOTALL)
    assert listed
    assert re.findall(r'href="(/desk/cases/[^"]+)"', listed.group()) == [second.address, second.address, first.address]
    steps = re.findall(r"First reply, ([^<]*?), due ", listed.group())
    assert steps == ["deadline reached", "50% of the time used", "50% of the time used"]
    assert listed.group().count("Not read: ") == 3
    assert bells(page(other, "/desk/notices")) == []
    assert "No notices" in other.page


def test_all_are_marked_as_read_that_the_page_has_shown(agent: Agents, say: Say, container: Container) -> None:
    browser = agent()
    escalate(container, say("The gutter is blocked", sender=phone(1)), browser, "50%")
    page(browser, "/desk/notices")
    shown = browser.page
    escalate(container, say("The lamp is out", sender=phone(2)), browser, "due")
    browser.page = shown
    assert browser.send("/notices/read").status_code == 303
    assert bells(page(browser, "/desk/notices")) == ["1", "1"]
    browser.send("/notices/read")
    assert bells(page(browser, "/desk/notices")) == []
    assert "Mark all as read" not in browser.page and "The lamp is out" in browser.page


def test_a_case_says_that_one_was_told_of_it_until_that_was_read(
    agent: Agents, say: Say, container: Container, db: Database
) -> None:
    browser, other = agent(name="Ama"), agent(name="Kofi")
    opened, another = say("The gutter is blocked", sender=phone(1)), say("The lamp is out", sender=phone(2))
    escalate(container, opened, browser, "50%", "due")
    escalate(container, another, browser, "due")
    assert "You were told of this case" not in page(other, opened.address)
    assert "You were told of this case" in page(browser, opened.address)
    answer = browser.send("/notices/read")
    assert (answer.status_code, answer.location) == (303, opened.address)
    assert bells(page(browser, opened.address)) == ["1", "1"]
    assert "You were told of this case" not in browser.page


def test_more_than_ninety_nine_are_only_many(agent: Agents, say: Say, container: Container) -> None:
    browser = agent()
    escalate(container, say("The gutter is blocked"), browser, *(f"-{number}" for number in range(1, 101)))
    assert bells(page(browser, "/desk")) == ["99+", "99+"]
    assert page(browser, "/desk/notices").count("Not read: ") == 50
    older = re.search(r'href="(/desk/notices\?before=\d+)"', browser.page)
    assert older and page(browser, older.group(1)).count("Not read: ") == 50


def test_a_notice_of_a_case_that_one_may_not_read_any_more_is_not_shown(
    agent: Agents, say: Say, container: Container, db: Database
) -> None:
    browser = agent(("agent", "desk"))
    opened = say("The gutter is blocked")
    db.run(lambda uow: uow.session.execute(update(Case).values(department="desk")))
    escalate(container, opened, browser, "due")
    assert "The gutter is blocked" in page(browser, "/desk/notices")
    db.run(lambda uow: uow.session.execute(update(Case).values(department="works")))
    assert "The gutter is blocked" not in page(browser, "/desk/notices")


def test_what_was_settled_since_is_called_so(agent: Agents, say: Say, container: Container, db: Database) -> None:
    browser = agent()
    escalate(container, say("The gutter is blocked"), browser, "due")
    assert "Settled" not in page(browser, "/desk/notices")
    db.run(lambda uow: uow.session.execute(update(Timer).values(due_at=Timer.due_at + timedelta(days=1))))
    assert "Put off" in page(browser, "/desk/notices")
    db.run(lambda uow: uow.session.execute(update(Timer).values(state="met")))
    assert "Settled" in page(browser, "/desk/notices")


@pytest.mark.parametrize("address", ["/desk/notices?before=x", "/desk/notices?before=-1"])
def test_a_page_that_is_no_number_is_refused(agent: Agents, address: str) -> None:
    assert agent().get(address).status_code == 422


def test_an_agent_sets_how_they_are_told(agent: Agents, db: Database, container: Container) -> None:
    browser = agent()
    assert browser.viewer is not None
    page(browser, "/desk/people/me")
    for number, words in (("12", "no telephone number"), ("", "need a telephone number"), ("+1 212", "no telephone")):
        refused = browser.send("/people/me/contact", phone=number, notify_by="sms")
        assert refused.status_code == 422 and words in browser.page
    region = container.city.organisation.region
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert browser.send("/people/me/contact", phone=national, notify_by="sms").status_code == 303
    with db.reader() as session:
        row = session.get_one(Agent, browser.viewer.id)
    assert row.notify_by == "sms"
    assert row.phone == f"+{number.country_code}{number.national_number}"
    assert national in page(browser, "/desk/people/me")


def test_a_number_that_messages_do_not_go_to_is_refused() -> None:
    organisation = make_city().organisation
    assert people.phone_of("020 000 0001", organisation) == "+233200000001"
    assert people.phone_of(" ", organisation) is None
    closed = type(organisation)(
        "Test", "Test", "GH", "GHS", "Africa/Accra", "112", "en", ("en",), prefixes=("+233",)
    )  # fmt: skip
    assert people.phone_of("+233200000001", closed)
    with pytest.raises(Invalid, match="not sent from here"):
        people.phone_of("+442079460000", closed)


def test_leave_is_taken_with_both_days_in_the_time_of_the_city_and_ended(
    agent: Agents, db: Database, container: Container
) -> None:
    browser, other = agent(name="Ama"), agent(name="Kofi")
    assert browser.viewer is not None and other.viewer is not None
    page(browser, "/desk/people/me")
    leave = {"since": "2030-03-04", "until": "2030-03-08", "stand_in": str(other.viewer.id), "reason": "Wedding"}
    assert browser.send(f"/people/{browser.viewer.id}/leave", **leave).status_code == 303
    with db.reader() as session:
        (row,) = session.scalars(select(Absence)).all()
    zone = people.room.zone_of(container.city)
    days = [row.since.astimezone(zone).isoformat()[:16], row.until.astimezone(zone).isoformat()[:16]]
    assert days == ["2030-03-04T00:00", "2030-03-09T00:00"]
    assert "Kofi stands in: Wedding" in page(browser, "/desk/people/me")
    assert other.get(f"/desk/people/{browser.viewer.id}").status_code == 404
    assert browser.send(f"/people/leave/{row.id}/end").status_code == 303
    with db.reader() as session:
        assert session.scalars(select(Absence)).all() == []
    page(browser, "/desk/people/me")
    for wrong in ({"since": ""}, {"until": "2030-03-01"}, {"stand_in": str(browser.viewer.id)}):
        assert browser.send(f"/people/{browser.viewer.id}/leave", **{**leave, **wrong}).status_code == 422


def test_a_supervisor_plans_for_their_own_department_alone(agent: Agents, db: Database) -> None:
    ama, kofi = agent(("agent", "works"), name="Ama"), agent(("agent", "desk"), name="Kofi")
    boss = agent(("supervisor", "works"), name="Esi")
    assert ama.viewer is not None and kofi.viewer is not None
    own = page(boss, "/desk/people/me")
    assert "Ama" in own and f"/desk/people/{kofi.viewer.id}" not in own
    assert boss.get(f"/desk/people/{kofi.viewer.id}").status_code == 404
    assert "Telephone" not in page(boss, f"/desk/people/{ama.viewer.id}")
    sent = boss.send(f"/people/{ama.viewer.id}/hours", day0="08:00-12:00, 13:00-17:00", day5="22:00-06:00")
    assert sent.status_code == 303
    with db.reader() as session:
        found = session.scalars(select(Shift).order_by(Shift.weekday, Shift.opens)).all()
    assert [(one.agent_id, one.weekday, one.opens, one.closes) for one in found] == [
        (ama.viewer.id, 0, 480, 720),
        (ama.viewer.id, 0, 780, 1020),
        (ama.viewer.id, 5, 1320, 1800),
    ]
    shown = page(boss, f"/desk/people/{ama.viewer.id}")
    assert 'value="08:00-12:00, 13:00-17:00"' in shown and 'value="22:00-06:00"' in shown
    for wrong in ("8-17", "08:61-17:00", "25:00-26:00", "08:00-12:00, 11:00-17:00"):
        assert boss.send(f"/people/{ama.viewer.id}/hours", day0=wrong).status_code == 422
        assert f'value="{wrong}"' in boss.page
    boss.send(f"/people/{ama.viewer.id}/hours")
    with db.reader() as session:
        assert session.scalars(select(Shift)).all() == []


def test_the_bell_tells_no_one_of_what_is_not_told_yet(agent: Agents, say: Say, container: Container) -> None:
    browser = agent()
    escalate(container, say("The gutter is blocked"), browser, "due")
    container.db.run(lambda uow: uow.session.execute(update(Notice).values(sent_at=None)))
    assert bells(page(browser, "/desk/notices")) == []
    assert "No notices" in browser.page
