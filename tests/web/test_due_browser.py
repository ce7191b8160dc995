"""A deadline of the open case passes: a reader says so at once, and says nothing where the deadline has moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cases import clock
from cases.models import Timer
from contactcentre.db import Database
from tests.e2e import chromium
from tests.web.conftest import Opened
from tests.web.test_desk_browser import Desk, desk, site

__all__ = ["desk", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
Say = Callable[..., Opened]
FIRST = ".timer[data-timer='First reply']"


SOON = timedelta(minutes=30)


def move(db: Database, left: timedelta) -> None:
    def work(uow: Any) -> None:
        timer = uow.session.query(Timer).filter_by(kind="first_response").one()
        timer.due_at = clock.now(uow.session) + left

    db.run(work)


@pytest.fixture
def watched(desk: Callable[..., Desk], say: Say, db: Database) -> Any:
    """The page of a case whose first reply is due soon; its clock is ours."""
    opened, one = say("Water on the quay"), desk()
    move(db, SOON)
    one.page.clock.install()
    one.open(opened.address)
    assert one.page.locator(f"{FIRST}.timer-soon").count() == 1
    return one.page


def test_a_breach_of_the_open_case_is_said_at_once(watched: Any, db: Database) -> None:
    assert watched.get_attribute("#urgent", "aria-live") == "assertive"
    watched.focus(f"{FIRST} summary")
    watched.keyboard.press("Enter")
    move(db, -timedelta(minutes=1))
    watched.clock.fast_forward(SOON.total_seconds() * 1000 + 5000)
    watched.locator("#urgent", has_text="Late now in this case: First reply.").wait_for(state="attached")
    assert watched.locator(f"{FIRST}.timer-late").count() == 1
    assert watched.evaluate("(chip) => document.activeElement.closest(chip)?.open", FIRST), "what was read stays open"


def test_a_deadline_that_has_moved_is_not_said_to_have_passed(watched: Any, db: Database) -> None:
    move(db, timedelta(days=3))
    watched.clock.fast_forward(SOON.total_seconds() * 1000 + 5000)
    watched.wait_for_selector(f"{FIRST}.timer-calm")
    assert watched.inner_text("#urgent") == ""
