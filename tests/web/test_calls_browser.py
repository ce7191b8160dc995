"""A call that rings while somebody works at the desk: it pops up, is noted and wrapped up without leaving the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cases.messages import Address, AddressKind
from cases.models import Agent
from cases.permissions import Viewer, ViewerKind
from contactcentre.db import Database
from tests.e2e import chromium
from tests.integration.telephoning import Telephones, number
from tests.web.conftest import Opened
from tests.web.test_desk_browser import Desk, desk, site

if TYPE_CHECKING:
    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
__all__ = ["desk", "site"]
Say = Callable[..., Opened]
CALLER = number(77)


@pytest.fixture
def telephones(container: Container, db: Database) -> Telephones:
    return Telephones(db, container.city)


def ama(db: Database) -> Viewer:
    with db.reader() as session:
        return Viewer(ViewerKind.AGENT, session.scalar(select(Agent.id)), "Ama", frozenset({("agent", "*")}))


def caller_writes(say: Say, words: str = "The gutter is choked") -> Opened:
    return say(words, sender=Address(AddressKind.PHONE, CALLER))


def news(page: Any) -> None:
    """Tell the page what the stream would: something of this agent's telephone has changed."""
    page.evaluate("document.dispatchEvent(new CustomEvent('cc:calls'))")


def test_a_call_pops_up_beside_an_answer_that_is_being_written(
    desk: Callable[..., Desk], say: Say, telephones: Telephones, db: Database
) -> None:
    opened = caller_writes(say)
    one = desk()
    page = one.page
    one.open(opened.address)
    page.fill("#reply-text", "We come tomorrow")
    call_id = telephones.rings(CALLER, ama(db))
    news(page)
    page.wait_for_selector("#own-line .call-rings")
    assert "Your telephone rings" in page.inner_text("#urgent")
    assert "The gutter is choked" in page.inner_text("#own-line")
    assert page.evaluate("document.activeElement.id") == "reply-text", "nobody who types loses the focus"
    telephones.picks_up(call_id)
    news(page)
    page.wait_for_selector("#own-line .call-talks")
    page.fill("#call-note", "Behind the school")
    telephones.hangs_up(call_id, talked=20, seconds=30, as_="answered")
    news(page)
    page.wait_for_selector("#own-line .call-wraps")
    assert page.input_value("#call-text") == "Behind the school", "what was typed goes along"
    page.click("#own-line .wrap-form > button")  # the browser itself asks for the missing word
    page.select_option("#call-disposition", "settled")
    page.click("#own-line .wrap-form > button")
    page.wait_for_selector("#own-line", state="hidden")
    assert page.input_value("#reply-text") == "We come tomorrow"
    assert telephones.call(call_id).disposition == "settled"
    page.reload()
    assert "Behind the school" in page.inner_text("#timeline")


def test_the_line_is_switched_and_its_keys_work(
    desk: Callable[..., Desk], telephones: Telephones, db: Database
) -> None:
    telephones.has_telephone(ama(db), takes=False)
    one = desk()
    page = one.page
    page.keyboard.press("o")
    page.wait_for_url(re.compile("/desk/calls$"))
    page.click("[data-line-state] button")
    page.wait_for_selector("text=Free for calls")
    page.keyboard.press("Shift+C")
    assert page.evaluate("document.activeElement.id") == "log-who"
    page.keyboard.press("Escape")
    call_id = telephones.talks(CALLER, ama(db))
    news(page)
    page.wait_for_selector("#own-line .call-talks")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("h")
    page.wait_for_selector("#own-line .call-holds")
    page.keyboard.press("y")
    assert page.evaluate("document.activeElement.id") == "call-note"
    assert telephones.call(call_id).state == "held"


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_the_pages_of_calls_fit(
    desk: Callable[..., Desk], say: Say, telephones: Telephones, db: Database, size: tuple[int, int]
) -> None:
    opened = caller_writes(say, "Averyveryverylongwordwithoutanyspacethatwouldpushthepagewider" * 2)
    for last in range(3):
        telephones.waits(number(last), ago=30)
    telephones.talks(CALLER, ama(db), case_id=opened.id)
    one = desk(*size)
    for address in ("/desk", "/desk/calls", "/desk/calls/1", "/desk/calls/flags", opened.address):
        one.open(address)
        if address == "/desk":
            one.page.wait_for_selector("#own-line .call-card")
        over = one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{address} scrolls sideways by {over} px"
