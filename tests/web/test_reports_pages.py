"""The pages of reports: for whom they are, what they say, the rows behind numbers, files, and mails."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases import replies
from cases.clock import TestClock, set_test_clock
from cases.figures.definitions import DEFINITIONS
from cases.models import Agent, Message, ReportSubscription
from cases.queries.reports.catalogue import REPORTS
from cases.reports.rhythms import next_day, period
from contactcentre.db import Database
from contactcentre.figures import count_figures
from contactcentre.report_mails import send_reports
from tests.integration.mailboxes import mail_city
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import Settings
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
PAGE = "/board/reports"


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    """A city with a mailbox, by which reports leave."""
    with mail_city(settings, db, tmp_path / "city") as made:
        yield made


def at(day: int, hour: int = 9) -> None:
    set_test_clock(TestClock(datetime(2026, 10, day, hour, tzinfo=UTC), speed=0.0))


@pytest.fixture(autouse=True)
def _tuesday() -> Iterator[None]:
    """It is Tuesday 20 October 2026, 09:00 UTC."""
    at(20)
    yield
    set_test_clock(None)


@pytest.fixture
def answered(agent: Agents, say: Say, container: Container) -> Opened:
    """A case whose first answer took two hours, counted the day after."""
    who = agent(("agent", "*"), name="Ama").viewer
    opened = say("=HYPERLINK the crane is stuck")
    at(20, 11)
    assert who is not None
    container.db.run(
        lambda uow: replies.reply(uow.session, who, city=container.city, reference=opened.reference, text="Coming")
    )
    at(21)
    count_figures(container)
    return opened


@pytest.fixture
def supervisor(agent: Agents, answered: Opened) -> Browser:
    return agent(("supervisor", "*"), name="Esi")


def test_each_report_says_what_its_figures_mean(supervisor: Browser, answered: Opened) -> None:
    assert supervisor.get(PAGE).status_code == 200
    for name, kind in REPORTS.items():
        page = supervisor.get(f"{PAGE}/{name}")
        words = page.get_data(as_text=True)
        assert page.status_code == 200 and kind.title in words
        for key in kind.figures:
            assert DEFINITIONS[key].text[:40] in words.replace("&#39;", "'"), key
        for by in ("service", "channel", "area"):
            assert supervisor.get(f"{PAGE}/{name}?by={by}").status_code == 200
        assert supervisor.get(f"{PAGE}/{name}.csv").mimetype == "text/csv"


def test_a_number_opens_to_its_rows_and_their_file_has_no_formula(supervisor: Browser, answered: Opened) -> None:
    words = supervisor.get(f"{PAGE}/waiting").get_data(as_text=True)
    links = [one.replace("&amp;", "&") for one in re.findall(r'href="(/board/reports/rows\?[^"]*)"', words)]
    assert links
    for link in links:
        page = supervisor.get(link)
        assert page.status_code == 200
        assert page.get_data(as_text=True).count("/desk/cases/") == 1, link
    file = supervisor.get(links[0].replace("/rows?", "/rows.csv?"))
    (row,) = csv.DictReader(io.StringIO(file.get_data(as_text=True)))
    assert row["subject"].startswith("'=HYPERLINK")
    assert row["reference"].replace("-", "") == answered.reference


def test_a_page_says_what_is_not_counted_yet(supervisor: Browser, say: Say, container: Container) -> None:
    waits = "is still being counted"
    assert waits not in supervisor.get(f"{PAGE}/waiting").get_data(as_text=True)
    say("Another crane")
    assert waits not in supervisor.get(f"{PAGE}/waiting").get_data(as_text=True), "the next turn counts it"
    set_test_clock(TestClock(datetime(2026, 10, 21, 9, 5, tzinfo=UTC), speed=0.0))
    assert "since 21 Oct" in supervisor.get(f"{PAGE}/waiting").get_data(as_text=True)
    count_figures(container)
    assert waits not in supervisor.get(f"{PAGE}/waiting").get_data(as_text=True)


def test_only_who_sees_figures_sees_reports(agent: Agents, answered: Opened) -> None:
    for address in (
        PAGE,
        f"{PAGE}/promises",
        f"{PAGE}/promises.csv",
        f"{PAGE}/rows?measure=opened",
        f"{PAGE}/rows.csv",
    ):
        for role in ("agent", "assembly_member"):
            assert agent((role, "*"), name="Kojo").get(address).status_code == 403


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ("promises?from=nonsense", 422, "Write the day as"),
        ("promises?from=2026-10-21&to=2026-10-20", 422, "must not lie after"),
        ("promises?by=nonsense", 422, "Choose one of"),
        ("promises?by=area&channel=sms", 422, "By area"),
        ("promises?department=nowhere", 404, "no such department"),
        ("nonsense", 404, "no such report"),
        ("rows?measure=nonsense", 422, "no rows of this figure"),
        ("rows?measure=opened&after=nonsense", 422, "This page does not exist"),
    ],
)
def test_what_cannot_be_shown_is_said(supervisor: Browser, asked: str, status: int, words: str) -> None:
    page = supervisor.get(f"{PAGE}/{asked}")
    assert page.status_code == status
    assert words in page.get_data(as_text=True)


def test_a_report_is_sent_on_its_day_to_who_asked_until_they_end_it(
    supervisor: Browser, answered: Opened, container: Container, db: Database
) -> None:
    supervisor.get(f"{PAGE}/promises")
    assert supervisor.send("/promises/mail", rhythm="weekly", address="esi at home").status_code == 422
    supervisor.get(f"{PAGE}/promises")
    assert supervisor.send("/promises/mail", rhythm="weekly", address="esi@example.org").status_code == 303
    send_reports(container)
    assert _mails(db) == [], "not before Monday"
    at(26)
    send_reports(container)
    send_reports(container)
    (mail,) = _mails(db)
    assert "2026-10-19 to 2026-10-25" in mail and "First reply on time: 100.0 %" in mail
    assert "HYPERLINK" not in mail
    with db.reader() as session:
        row = session.scalars(select(ReportSubscription)).one()
        assert (row.next_day, row.sent_at) == (date(2026, 11, 2), datetime(2026, 10, 26, 9, tzinfo=UTC))
        username = session.get_one(Agent, row.agent_id).username
    supervisor.log_in(username)
    supervisor.get(PAGE)
    assert supervisor.send(f"/mail/{row.id}/end").status_code == 303
    assert "Nothing. Open a report" in supervisor.get(PAGE).get_data(as_text=True)
    at(31, 23)
    assert send_reports(container) == 0


def _mails(db: Database) -> list[str]:
    with db.reader() as session:
        return list(session.scalars(select(Message.text).where(Message.channel == "email")))


@pytest.mark.parametrize(
    ("rhythm", "day", "following", "first", "last"),
    [
        ("weekly", date(2026, 10, 26), date(2026, 11, 2), date(2026, 10, 19), date(2026, 10, 25)),
        ("weekly", date(2026, 10, 28), date(2026, 11, 2), date(2026, 10, 19), date(2026, 10, 25)),
        ("monthly", date(2026, 1, 1), date(2026, 2, 1), date(2025, 12, 1), date(2025, 12, 31)),
        ("monthly", date(2026, 12, 5), date(2027, 1, 1), date(2026, 11, 1), date(2026, 11, 30)),
        ("quarterly", date(2026, 1, 1), date(2026, 4, 1), date(2025, 10, 1), date(2025, 12, 31)),
        ("quarterly", date(2026, 11, 30), date(2027, 1, 1), date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_when_a_report_is_sent_and_of_which_days(
    rhythm: str, day: date, following: date, first: date, last: date
) -> None:
    assert next_day(rhythm, day) == following
    assert period(rhythm, day) == (first, last)
