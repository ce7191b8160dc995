"""What a citizen does on the phone page and what an agent does on the desk, as steps in a real browser."""

from __future__ import annotations

import re
from typing import Any

from tests.e2e.product import Product

#: until a text has gone its whole way through hook, queue, worker and gateway
PATIENCE = 60_000
ACKNOWLEDGED = re.compile(r"\b(\d{4}-\d{4})\b.*?\bcode (\d{4})\b", re.DOTALL)
#: sees the whole queue
WHO = "yaw"
#: has written before, so that the facts have something to tell
CITIZEN = "+233540000103"
WORDS = (
    "The drain beside our house is blocked and water comes into the yard.",
    "Thank you, we have noted it. Is the drain covered with slabs, or open?",
    "It is open. The water stands near the blue kiosk.",
)


class Phone:
    """The phone page, with the first account that it shows."""

    def __init__(self, page: Any, site: str) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE)
        page.goto(f"{site}/simulator")
        self.account = page.locator(".side").first.get_attribute("data-account")
        self.address = page.locator(".side").first.get_attribute("data-address")
        self._thread = page.locator(f"[data-account={self.account}] .thread")

    def choose(self, number: str) -> None:
        """Type the number of a phone, a new one or one that the page offers."""
        self.page.get_by_role("button", name="New phone").click()
        self.page.get_by_label("Number with + and country code").fill(number)
        self.page.get_by_role("button", name="Use it").click()

    def write(self, text: str) -> None:
        """Send an SMS."""
        self.page.get_by_label(f"Text to {self.address}", exact=True).fill(text)
        self.page.get_by_role("button", name=f"Send to {self.address}").click()
        self._thread.locator(".bubble.me", has_text=text).wait_for()

    def acknowledged(self) -> tuple[str, str]:
        """Wait for the acknowledgement; returns its reference and its code."""
        bubble = self._thread.locator(".bubble:not(.me)", has_text=ACKNOWLEDGED).first
        bubble.wait_for()
        found = ACKNOWLEDGED.search(bubble.inner_text())
        assert found, bubble.inner_text()
        return found.group(1), found.group(2)

    def reads(self, text: str) -> None:
        """Wait until an answer has arrived."""
        self._thread.locator(".bubble:not(.me)", has_text=text).wait_for()


class Agent:
    """One agent's page of the desk."""

    def __init__(self, page: Any, product: Product) -> None:
        self.page, self._product = page, product
        page.set_default_timeout(PATIENCE)

    def log_in(self, username: str) -> None:
        """Log in at the page, with the password that the product printed."""
        self.page.goto(f"{self._product.address}/login")
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(self._product.logins[username])
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(re.compile("/desk"))

    def open(self, reference: str) -> None:
        """Open a case out of the queue."""
        self.page.locator(f'.qrow[data-reference="{reference.replace("-", "")}"]').click()
        self.page.locator(f'#open[data-reference="{reference.replace("-", "")}"]').wait_for()

    def answer(self, text: str) -> None:
        """Write an answer and send it."""
        self.page.get_by_label("Answer to the citizen").fill(text)
        self.page.get_by_role("button", name=re.compile("^Send( Ctrl|$)")).click()
        self.page.locator(".msg-out", has_text=text).wait_for()

    def sees(self, text: str) -> None:
        """Wait for a message in the open case, showing its news as often as some come."""
        self._await_message(self.page.locator("#timeline .msg", has_text=text))

    def sees_delivered(self, text: str) -> None:
        """Wait until the answer is marked as delivered."""
        self._await_message(self.page.locator(".msg-out", has_text=text).filter(has_text="Delivered"))

    def sees_returned(self, text: str, why: str) -> None:
        """Wait until the answer is marked as not delivered, with the reason."""
        self._await_message(self.page.locator(".msg-out", has_text=text).filter(has_text=why))

    def _await_message(self, message: Any) -> None:
        bar = self.page.locator("#casebar")
        while not message.is_visible():
            message.or_(bar).filter(visible=True).first.wait_for()
            if bar.is_visible():
                bar.click()


def play(browser: Any, product: Product) -> str:
    """Let a citizen and an agent write to one another; returns the reference of their case."""
    context = browser.new_context()
    try:
        page = context.new_page()
        phone = Phone(page, product.address)
        phone.choose(CITIZEN)
        phone.write(WORDS[0])
        reference, _ = phone.acknowledged()
        agent = Agent(context.new_page(), product)
        agent.log_in(WHO)
        agent.open(reference)
        agent.answer(WORDS[1])
        phone.reads(WORDS[1])
        phone.write(WORDS[2])
        agent.sees(WORDS[2])
    finally:
        context.close()
    return reference
