"""Reports that leave the pages: files in which no cell is a formula, and mails that say when they cannot be made."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from cases.clock import TestClock, set_test_clock
from cases.figures import facts, storing
from cases.figures.setting import Lasted
from cases.figures.states import filed
from cases.models import Message, OutboxEntry, ReportSubscription
from cases.queries.reports.catalogue import REPORTS
from cases.reports.values import By
from contactcentre import configurations
from contactcentre.db import Database, UnitOfWork
from contactcentre.figures_table import safe
from contactcentre.report_mails import send_reports
from tests.integration.mailboxes import mail_city
from tests.web.conftest import Browser

if TYPE_CHECKING:
    from config.settings import Settings
    from contactcentre.container import Container

PAGE = "/board/reports"
MONDAY = datetime(2026, 10, 26, 9, tzinfo=UTC)
TUESDAY = date(2026, 10, 20)
#: names that a spreadsheet would reckon: of a department, a service, a channel and an area
_PLACE = ("=1+1", "@sum", "-cmd", "+area")
_SUMS = (
    *(("opened", ""), ("contacts", "09"), ("resolved", ""), ("reopened", ""), ("closed", ""), ("rated", "4")),
    *(("first_contact", "yes"), ("met", "resolution"), ("breached", "first_response"), ("backlog", "2-7")),
)
_FACTS = ("first_response", "next_response", "first_resolution", "resolved", "leg")
_NAMES = {By.DEPARTMENT: "'=1+1", By.SERVICE: "'@sum", By.CHANNEL: "'-cmd", By.AREA: "'+area"}


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with mail_city(settings, db, tmp_path / "city") as made:
        yield made


@pytest.fixture(autouse=True)
def _tuesday() -> Iterator[None]:
    at(datetime(2026, 10, 20, 9, tzinfo=UTC))
    yield
    set_test_clock(None)


def at(instant: datetime) -> None:
    set_test_clock(TestClock(instant, speed=0.0))


@pytest.fixture
def supervisor(agent: Callable[..., Browser]) -> Browser:
    return agent(("supervisor", "*"), name="Esi")


def six_of_each(uow: UnitOfWork) -> None:
    """Count six of each figure."""
    day = TUESDAY.toordinal()
    sums = {(filed(measure, part, day, _PLACE), False): 6 for measure, part in _SUMS}
    storing.add_sums(uow.session, {**sums, (filed("night", "", day, ("", "", "", "")), False): 1})
    things = [(measure, number) for measure in _FACTS for number in range(1, 7)]
    took = Lasted(60, 60, "")
    facts.set_facts(uow.session, {(n, one, 1): (filed(one, "", day, _PLACE), took, False) for one, n in things})


@pytest.mark.parametrize("name", REPORTS)
def test_no_cell_of_a_report_is_a_formula(supervisor: Browser, db: Database, name: str) -> None:
    db.run(six_of_each)
    named = set()
    for by in By:
        file = supervisor.get(f"{PAGE}/{name}.csv?by={by}&from=2026-10-20&to=2026-10-20")
        rows = list(csv.reader(io.StringIO(file.get_data(as_text=True))))
        cells = [cell for row in rows for cell in row]
        assert len(rows) > 1 and cells == [safe(cell) for cell in cells]
        named |= {by for by, words in _NAMES.items() if words in cells}
    shown = {"equity": {By.AREA, By.CHANNEL}, "channels": {*By} - {By.AREA}}
    assert named == shown.get(name, {*By})


def subscribed(supervisor: Browser, department: str) -> None:
    supervisor.get(f"{PAGE}/promises?department={department}")
    assert supervisor.send("/promises/mail", rhythm="weekly", address="esi@example.org").status_code == 303


def test_a_report_by_mail_is_worth_sending_until_the_next_one(
    supervisor: Browser, container: Container, db: Database
) -> None:
    subscribed(supervisor, "")
    at(MONDAY)
    assert send_reports(container) == 1
    with db.reader() as session:
        assert session.scalars(select(OutboxEntry.expires_at)).one() == MONDAY + timedelta(days=7)


def test_a_report_bears_the_name_that_its_department_has_now(
    supervisor: Browser, container: Container, db: Database, tmp_path: Path
) -> None:
    subscribed(supervisor, "front-desk")
    assert "every Monday, Front desk" in supervisor.get(PAGE).get_data(as_text=True)
    file = tmp_path / "city/city/departments/front-desk.toml"
    file.write_text(file.read_text().replace('name = "Front desk"', 'name = "Citizens\' hall"', 1))
    folder = file.parent.parent
    db.run(lambda uow: configurations.apply(uow.session, folder=folder, author="test", reason="renamed"))
    container._follower.refresh()
    assert "every Monday, Citizens&#39; hall" in supervisor.get(PAGE).get_data(as_text=True)
    at(MONDAY)
    assert send_reports(container) == 1
    with db.reader() as session:
        assert "to 2026-10-25, Citizens' hall" in session.scalars(select(Message.text)).one()


def test_a_report_of_a_department_that_is_gone_says_so_once_and_ends(
    supervisor: Browser, container: Container, db: Database
) -> None:
    subscribed(supervisor, "front-desk")
    moved = text("update report_subscription set department = 'old-desk'")
    db.run(lambda uow: uow.session.execute(moved))
    assert "old-desk (no such department any more" in supervisor.get(PAGE).get_data(as_text=True)
    at(MONDAY)
    assert send_reports(container) == 1
    assert send_reports(container) == 0
    with db.reader() as session:
        mail = session.scalars(select(Message.text)).one()
        assert session.scalars(select(ReportSubscription)).all() == []
    assert "Promises kept, every Monday, old-desk" in mail
    assert "There is no such department" in mail and "/board/reports" in mail
    at(MONDAY + timedelta(days=7))
    assert send_reports(container) == 0
