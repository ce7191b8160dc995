"""What a citizen does in the simulator's mailbox, as steps in a real browser."""

from __future__ import annotations

import re
from typing import Any

from tests.e2e.talk import ACKNOWLEDGED, PATIENCE


class MailPage:
    """The mailbox page, as one citizen."""

    def __init__(self, page: Any, site: str, address: str, name: str) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE)
        page.goto(f"{site}/simulator/mail")
        page.get_by_role("button", name="New address").click()
        page.get_by_label("Name, may be empty").fill(name)
        page.get_by_label("Mail address").fill(address)
        page.get_by_role("button", name="Use it").click()

    def writes(self, subject: str, text: str) -> None:
        """Write a mail, which opens its conversation."""
        self.page.get_by_label("Subject").fill(subject)
        self.page.get_by_label("Text", exact=True).fill(text)
        self.page.get_by_role("button", name="Send the mail").click()
        self.page.locator(".letter.mine", has_text=text).wait_for()

    def acknowledged(self) -> str:
        """Wait for the acknowledgement; returns its reference."""
        letter = self.page.locator(".letter:not(.mine)", has_text=ACKNOWLEDGED).first
        letter.wait_for()
        found = ACKNOWLEDGED.search(letter.inner_text())
        assert found, letter.inner_text()
        assert "sent by a machine" in letter.inner_text()
        return found.group(1)

    def reads(self, text: str) -> Any:
        """Wait until an answer has arrived."""
        letter = self.page.locator(".letter:not(.mine)", has_text=text).first
        letter.wait_for()
        return letter

    def answers(self, text: str) -> None:
        """Answer the latest mail of the open conversation, with its words quoted."""
        self.page.get_by_label("Answer", exact=True).fill(text)
        self.page.get_by_role("button", name="Send the answer").click()
        self.page.locator(".letter.mine", has_text=text).filter(has_text=re.compile(">")).wait_for()

    def lets_come_back(self, text: str, why: str) -> None:
        """Let the mail with these words come back, with a notice."""
        letter = self.reads(text)
        letter.get_by_label("Why it comes back").select_option(why)
        letter.get_by_role("button", name="Let it come back").click()
