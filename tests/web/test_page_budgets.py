"""What a page of the desk may cost: eight statements of SQL, whatever stands on it, and 150 KB."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, update

from cases import lifecycle, replies, saved_views, tasks, viewing
from cases.lifecycle import Status
from cases.models import AgentSession, Case
from contactcentre.db import Database
from tests.factories import make_agent, phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
MOST_STATEMENTS = 8
MOST_BYTES = 150_000


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """Gather every statement of this thread but the look after a newer configuration, which has its own time."""
    gathered: list[str] = []
    thread = threading.get_ident()

    def note(*call: Any) -> None:
        if threading.get_ident() == thread and "configuration_active" not in call[2]:
            gathered.append(call[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield gathered
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def full(container: Container, db: Database, agent: Agents, say: Say) -> tuple[Browser, Opened]:
    """A browser, and a case with everything on it, in a queue of more than a page."""
    browser = agent(("supervisor", "*"), name="Ama")
    for number in range(2, 36):
        say(f"The gutter is choked {number} " + "and smells " * 8, sender=phone(number))
    opened = say("The gutter is choked", sender=phone(1))
    for number in range(12):
        say(f"It smells {number} " * 10, sender=phone(1))
    other = say("A lamp is out", sender=phone(1))
    db.run(lambda uow: _fill(uow.session, container, browser.viewer, opened))
    assert other.id
    return browser, opened


def _fill(session: Any, container: Container, viewer: Any, opened: Opened) -> None:
    city, reference = container.city, opened.reference
    colleague = make_agent(session, "Kojo", ("agent", "*"))
    viewing.beat(session, colleague, reference=reference, writing=True)
    for number in range(10):
        replies.note(session, viewer, reference=reference, text=f"The crew was asked {number}")
        replies.reply(session, viewer, city=city, reference=reference, text=f"We are on it {number}")
    replies.reply(session, viewer, city=city, reference=reference, text="When?", wait=True)
    more = {"reference": reference, "calendars": city.calendars}
    lifecycle.transition(session, viewer, to=Status.OPEN, **more)
    tasks.open(session, viewer, city=city, reference=reference, title="Book an excavator")
    saved_views.keep(session, viewer, name="Mine, urgent", narrowed={"view": "mine", "priority": "urgent"})


def test_the_queue_costs_eight_statements_at_most(full: tuple[Browser, Opened], db: Database) -> None:
    browser, _ = full
    for address in ("/desk", "/desk?view=mine&priority=high&unread=yes", "/desk?q=gutter", "/desk?q=0200000001"):
        with statements(db) as asked:
            assert browser.get(address).status_code == 200
        assert 0 < len(asked) <= MOST_STATEMENTS, f"{len(asked)}: " + "\n".join(one[:60] for one in asked)


def test_a_case_with_everything_on_it_costs_eight_statements_at_most(
    full: tuple[Browser, Opened], db: Database
) -> None:
    browser, opened = full
    with statements(db) as asked:
        page = browser.get(opened.address).get_data(as_text=True)
    assert "Book an excavator" in page and "The crew was asked 9" in page and "We are on it 9" in page
    assert 0 < len(asked) <= MOST_STATEMENTS, f"{len(asked)}: " + "\n".join(one[:60] for one in asked)


def test_so_does_a_page_that_notes_that_the_log_in_is_in_use(full: tuple[Browser, Opened], db: Database) -> None:
    browser, opened = full

    def age(uow: Any) -> None:
        seen = uow.session.scalars(select(AgentSession.seen_at).limit(1)).one()
        uow.session.execute(update(AgentSession).values(seen_at=seen - timedelta(hours=1)))

    db.run(age)
    with statements(db) as asked:
        assert browser.get(opened.address).status_code == 200
    assert any(one.startswith("UPDATE agent_session") for one in asked)
    assert len(asked) <= MOST_STATEMENTS, f"{len(asked)}: " + "\n".join(one[:60] for one in asked)


def test_the_statement_of_a_page_can_keep_its_plan(full: tuple[Browser, Opened], db: Database) -> None:
    browser, opened = full
    for address in ("/desk", "/desk?view=mine", opened.address):
        texts = list[str]()
        for _ in range(2):
            with statements(db) as asked:
                assert browser.get(address).status_code == 200
            texts.append(max(asked, key=len))
        # Written alike each time, and no limit is a parameter: of those the database expects a tenth of all rows,
        # and then plans anew, which takes several times as long as to run it.
        assert texts[0] == texts[1] and "json_agg" in texts[0] and "LIMIT 1" in texts[0]
        assert "LIMIT %" not in texts[0], texts[0][texts[0].index("LIMIT %") - 200 :][:240]


def test_no_page_is_larger_than_150_kb(full: tuple[Browser, Opened], db: Database) -> None:
    browser, opened = full
    with db.reader() as session:
        assert session.get_one(Case, opened.id).event_seq > 30
    for address in ("/desk", opened.address, "/desk/notices", "/desk/people/me"):
        size = len(browser.get(address).data)
        assert 0 < size <= MOST_BYTES, f"{address}: {size}"
