"""The bell in a real browser: it falls silent once the case was opened, and fits a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases.models import Agent, AgentRole, Notice
from cases.permissions import Viewer, ViewerKind
from contactcentre.db import Database
from tests.e2e import chromium
from tests.factories import phone
from tests.web.conftest import Browser, Opened
from tests.web.test_desk_browser import Desk, desk, site
from tests.web.test_notices import escalate

if TYPE_CHECKING:
    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
__all__ = ["desk", "site"]
Say = Callable[..., Opened]


def tell(container: Container, opened: Opened, *steps: str) -> None:
    """Let steps of a case be told to the agent whose browser it is."""
    with container.db.reader() as session:
        agent_id, name = session.execute(select(Agent.id, Agent.name)).one()
        grants = frozenset((one.role, one.department) for one in session.scalars(select(AgentRole)))
    escalate(container, opened, Browser(None, Viewer(ViewerKind.AGENT, agent_id, name, grants)), *steps)  # type: ignore[arg-type]


def test_a_case_that_is_opened_takes_its_notices_off_the_bell(
    desk: Callable[..., Desk], say: Say, container: Container, db: Database
) -> None:
    first, second = say("The gutter is blocked", sender=phone(1)), say("The lamp is out", sender=phone(2))
    page = desk().page
    tell(container, first, "50%", "due")
    tell(container, second, "due")
    page.reload()
    assert page.inner_text("#bell .count").startswith("3")
    with page.expect_response("**/desk/notices/read"):
        page.click(f'.qrow[data-reference="{first.reference}"]')
    page.wait_for_function("document.querySelector('#bell .count').textContent.startsWith('1')")
    with page.expect_response("**/desk/notices/read"):
        page.click(f'.qrow[data-reference="{second.reference}"]')
    page.wait_for_selector("#bell .count", state="detached")
    with db.reader() as session:
        assert all(session.scalars(select(Notice.read_at)).all())


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844), (320, 640)])
def test_the_bell_and_its_pages_fit_and_are_reached_by_keys(
    desk: Callable[..., Desk], say: Say, container: Container, width: int, height: int
) -> None:
    opened = say("Averyveryverylongwordwithoutanyspacethatwouldpushthepagewider" * 2)
    one = desk(width, height)
    tell(container, opened, "50%", "due")
    one.open("/desk")
    bell = "#bell" if width > 767 else "#bell-below"
    one.page.focus(bell)
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".notices .qrow")
    assert one.page.locator(".notices .qrow.unread .dot").count() == 2, "reading the list is not reading the case"
    for address in ("/desk/notices", "/desk/people/me", opened.address):
        one.open(address)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width, address
    one.open("/desk/notices")
    one.page.focus(".notices .qrow")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector("#timeline")
