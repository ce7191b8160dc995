"""A case from a phone that dials: reported by USSD, followed by SMS, added to by USSD, resolved at the desk, rated."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.product import Product
from tests.e2e.talk import Agent, Phone

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
CITIZEN = "+233200000888"
WORDS, MORE = "The lamp at the market is out", "And its pole is bent"
ANSWER = "The lamp was changed today."


class Dialler:
    """The phone that dials, on the phone page."""

    def __init__(self, page: Any) -> None:
        self.side = page.locator(".side.dials").first
        self.popup = self.side.locator(".popup")

    def dial(self) -> None:
        self.side.get_by_role("button", name="Dial", exact=True).click()
        self.popup.filter(has_text="STMA. Free for you").wait_for()

    def keys(self, said: str, then: str) -> str:
        """Key something in and wait for the screen that holds ``then``."""
        self.side.get_by_role("textbox").fill(said)
        self.side.get_by_role("button", name="Send the answer").click()
        self.popup.filter(has_text=then).wait_for()
        return str(self.popup.inner_text())


def test_a_case_is_reported_followed_added_to_resolved_and_rated(product: Product, browser: Any) -> None:
    faults: list[str] = []
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    phone = Phone(page, product.address)
    phone.choose(CITIZEN)
    dialler = Dialler(page)
    dialler.dial()
    steps = (("1", "Say in your words"), (WORDS, "Where is it"), ("Market Circle", "Which place"), ("1", "Send this?"))
    for said, then in (*steps, ("1", "Your reference is")):
        dialler.keys(said, then)
    reference, code = phone.acknowledged()

    phone.write(f"STATUS {reference}")
    phone.reads(f"Case {reference} is received.")

    dialler.dial()
    for said, then in (("2", "8 digits"), (reference, "is received"), ("1", "want to add"), (MORE, "4-digit code")):
        dialler.keys(said, then)
    dialler.keys(code, "Added to your case")

    desk = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    agent = Agent(desk, product)
    agent.log_in("yaw")
    desk.goto(f"{product.address}/desk/cases/{reference}")
    timeline = desk.inner_text("#timeline")
    assert all(words in timeline for words in (WORDS, "Place: Market Circle", MORE))
    assert not re.search(rf"(?<![\w.-]){code}(?![\w-])", desk.content())
    desk.get_by_label("Answer to the citizen").fill(ANSWER)
    desk.select_option("#outcome", "fixed")
    desk.get_by_role("button", name="Send and resolve").click()
    desk.locator(".msg-out", has_text=ANSWER).wait_for()
    phone.reads(ANSWER)

    dialler.dial()
    dialler.keys("5", "code of your settled case")
    dialler.keys(code, "How did we do?")
    dialler.keys("1", "Thank you for telling us.")
    desk.reload()
    timeline = desk.inner_text("#timeline")
    assert "The citizen rated how it was settled: 5 of 5." in timeline
    assert all(words in timeline for words in (WORDS, MORE, ANSWER))
    assert faults == []
