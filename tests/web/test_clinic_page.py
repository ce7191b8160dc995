"""The clinic's page: who may look, what was found, and that asking begins an examination once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text, update

from cases.models import Case, Examination
from contactcentre import examinations
from contactcentre.db import Database
from contactcentre.figures import count_figures
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

PAGE = "/admin/clinic"
Agents = Callable[..., Browser]


def test_one_asks_and_a_ticker_looks(
    agent: Agents, say: Callable[..., Opened], container: Container, db: Database
) -> None:
    auditor = agent(("auditor", "*"))
    assert "Nothing was looked at yet" in auditor.get(PAGE).get_data(as_text=True)
    opened = say("The gutter is choked")
    assert auditor.send(PAGE).status_code == 303
    auditor.get(PAGE)
    assert "Being looked at since" in auditor.page
    assert "disabled" in auditor.page
    assert examinations.examine(container) == 1
    auditor.get(PAGE)
    assert "figures are being counted again" in auditor.page
    assert examinations.finish(container)
    assert not examinations.finish(container)
    auditor.get(PAGE)
    assert "No drift: every promise and yesterday's figures follow from the histories." in auditor.page
    assert opened.address not in auditor.page


@pytest.mark.parametrize(("role", "links"), [("auditor", True), ("administrator", False)])
def test_a_drift_names_its_case_to_those_who_may_read_it(
    agent: Agents, say: Callable[..., Opened], container: Container, *, role: str, links: bool
) -> None:
    opened = say("The gutter is choked")
    container.db.run(lambda uow: uow.session.execute(update(Case).values(due_at=None)))
    assert examinations.examine(container) == 1
    assert examinations.finish(container)
    browser = agent((role, "*"))
    browser.get(PAGE)
    assert "1 value drifts" in browser.page
    assert "nearest deadline" in browser.page
    assert (opened.address in browser.page) == links
    assert ("a case that you may not read" in browser.page) != links


def test_a_sum_that_drifts_is_shown(agent: Agents, say: Callable[..., Opened], container: Container) -> None:
    say("The gutter is choked")
    day = container.db.run(lambda uow: examinations.yesterday(uow.session, container))
    count_figures(container)
    stored = text("insert into figure_sum (measure, part, day, department, service, channel, confidential, count) "
                  "values ('opened', '', :day, 'waste', '', 'sms', false, 3)")  # fmt: skip
    container.db.run(lambda uow: uow.session.execute(stored, {"day": day}))
    assert examinations.examine(container) == 1
    assert examinations.finish(container)
    supervisor = agent(("supervisor", "*"))
    supervisor.get(PAGE)
    assert "1 value drifts" in supervisor.page
    assert f"day {day}, department waste" in supervisor.page
    assert "a sum" in supervisor.page


def test_it_is_begun_once_however_often_the_form_comes(agent: Agents, db: Database) -> None:
    supervisor = agent(("supervisor", "*"))
    for _ in range(2):
        supervisor.get(PAGE)
        assert supervisor.send(PAGE).status_code == 303
    with db.reader() as session:
        assert session.scalar(select(func.count()).select_from(Examination)) == 1


@pytest.mark.parametrize("role", ["agent", "executive", "counter_clerk"])
def test_others_may_not_look(agent: Agents, role: str) -> None:
    browser = agent((role, "*"))
    assert browser.get(PAGE).status_code == 403
    browser.get("/account")
    assert PAGE not in browser.page
