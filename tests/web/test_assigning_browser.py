"""Take next by its key, away by one click, and pages that fit a phone: in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cases import clock, handing_over, staff
from cases.models import Agent, AgentRole, Case
from cases.permissions import Viewer, ViewerKind
from contactcentre.db import Database
from tests.e2e import chromium
from tests.factories import make_agent, phone
from tests.web.conftest import Opened
from tests.web.test_desk_browser import Desk, desk, site

if TYPE_CHECKING:
    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
__all__ = ["desk", "site"]
Say = Callable[..., Opened]
LONG = "Averyveryverylongwordwithoutanyspacethatwouldpushthepagewider" * 2


def always_there(db: Database) -> None:
    """Let the agent work at all hours, whenever this test runs."""

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        agent_id = session.scalar(select(Agent.id))
        me = Viewer(ViewerKind.AGENT, agent_id, "Ama")
        staff.set_hours(session, me, agent_id=agent_id, shifts=[(day, 0, 1440) for day in range(7)])

    db.run(work)


def test_the_key_takes_the_next_case_and_a_click_makes_away(desk: Callable[..., Desk], say: Say, db: Database) -> None:
    first, second = say("The gutter is blocked", sender=phone(1)), say("The lamp is out", sender=phone(2))
    always_there(db)
    page = desk().page
    for opened in (first, second):
        page.keyboard.press("q")
        page.wait_for_url(re.compile(re.escape(opened.address) + "(#|$)"))
        assert "Ama took the case." in page.inner_text("#timeline")
    page.click(".mine button:has-text('Available')")
    page.wait_for_selector(".mine button:has-text('Be back')")
    assert page.url.endswith(second.address), "the case stays open"
    page.keyboard.press("q")
    page.wait_for_selector(".queue .banner")
    assert "No case waits for you" in page.inner_text(".queue .banner")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844), (320, 640)])
def test_the_pages_of_assignment_fit(
    desk: Callable[..., Desk], say: Say, container: Container, db: Database, size: tuple[int, int]
) -> None:
    say(LONG, sender=phone(1))
    say("The lamp at the market is out since Monday and nobody came", sender=phone(2))
    one = desk(*size)

    def work(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        agent_id, at = session.scalar(select(Agent.id)), clock.now(session)
        session.add(AgentRole(agent_id=agent_id, role="supervisor", department="*"))
        other = make_agent(session, "Kofi Averyverylongname-Anotherlongname")
        session.execute(update(Case).values(assignee_id=agent_id))
        me, days = Viewer(ViewerKind.AGENT, agent_id, "Ama"), {"since": at, "until": at + timedelta(days=3)}
        staff.add_leave(session, me, agent_id=agent_id, stand_in_id=other.id, reason="A wedding", **days)
        handing_over.begin_leaves(session, city=container.city, at=at)
        return int(agent_id)

    agent_id = db.run(work)
    for address in ("/desk", "/desk?next=none", "/desk/people/me", f"/desk/people/{agent_id}/handover"):
        one.open(address)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= size[0], address
    assert one.page.locator(".rows tbody tr").count() == 2
