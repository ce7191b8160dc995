"""The desk shows how many people follow a case, and the history says when they came and when they were told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from cases import call_backs, following, lifecycle
from cases.arrivals import arrive, introduce
from cases.lifecycle import Outcome, Status
from cases.permissions import SYSTEM
from cases.writes import Writes
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened
from tests.web.test_desk_tasks import text_of

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


@pytest.fixture
def opened(say: Say) -> Opened:
    return say("The lamp at the corner is out")


def follows(db: Database, opened: Opened, number: int) -> None:
    """Let somebody follow the case."""

    def work(uow: Any) -> None:
        writes, arrival = Writes(), arrive(uow.session, phone(number))
        introduce(writes, arrival)
        writes.flush(uow.session)
        how = {"channel": "ussd", "account": "sms-front", "words": f"Mine is out too, says {number}"}
        assert following.follow(uow.session, opened.reference, arrival.speaker, **how)

    db.run(work)


def test_followers_are_counted_beside_the_citizen_and_told_of_in_the_history(
    agent: Agents, opened: Opened, db: Database, container: Container
) -> None:
    ama = agent(name="Ama")
    assert 'id="followers"' not in ama.get(opened.address).get_data(as_text=True)
    follows(db, opened, 21)
    page = ama.get(opened.address).get_data(as_text=True)
    assert "1 other person follows this case and hears when it ends." in text_of(page)
    follows(db, opened, 22)
    page = ama.get(opened.address).get_data(as_text=True)
    assert "2 other people follow this case and hear when it ends." in text_of(page)
    assert re.search(r'id="followers"', page)
    assert text_of(page).count("Somebody else reported the same and follows this case.") == 2
    assert "Mine is out too, says 22" in text_of(page)
    assert phone(21).value[-7:] not in page.replace(" ", "")  # who they are is nobody's business here
    how = {"reference": opened.reference, "to": Status.RESOLVED, "outcome": Outcome.FIXED}
    calendars = container.city.calendars
    db.run(lambda uow: lifecycle.transition(uow.session, SYSTEM, calendars=calendars, **how).id)  # type: ignore[arg-type]
    assert db.run(lambda uow: following.tell(uow.session, city=container.city).count) == 2
    assert "2 who follow it were told." in text_of(ama.get(opened.address).get_data(as_text=True))


def test_counting_followers_costs_no_statement_of_its_own(agent: Agents, opened: Opened, db: Database) -> None:
    ama = agent(name="Ama")
    follows(db, opened, 23)
    run: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        run.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ama.get(opened.address)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    (only,) = [one for one in run if "party" in one]
    assert "JOIN citizen" in only  # the statement of the case itself


def test_a_call_back_is_among_the_tasks_and_a_logged_call_ends_it(
    agent: Agents, opened: Opened, db: Database, container: Container
) -> None:
    db.run(lambda uow: call_backs.ask(uow.session, city=container.city, reference=opened.reference).id)
    ama = agent(name="Ama")
    said = text_of(ama.get(opened.address).get_data(as_text=True))
    assert "Call the citizen back" in said
    assert "0 of 1 ended" in said
    answer = ama.send("/contacts", kind="call", direction="out", reached="yes", text="She knows when it is mended")
    assert answer.status_code == 303
    said = text_of(ama.get(opened.address).get_data(as_text=True))
    assert "1 of 1 ended" in said
    assert "finished the task “Call the citizen back”: She knows when it is mended" in said
