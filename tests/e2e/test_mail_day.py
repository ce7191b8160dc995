"""A citizen's day by mail through the whole product: written, acknowledged, answered, quoted, once returned."""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.mailbox import MailPage
from tests.e2e.product import Product
from tests.e2e.talk import Agent

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
CITIZEN, NAME = "abena.invented@example.com", "Abena Invented"
SUBJECT = "Opening hours, and the form"
WORDS = "Please what are your office hours, and where do I collect the form?"
ANSWER = "At the front desk, weekdays from 8 to 4. It costs nothing."
QUOTING = "Thank you. May my brother collect it for me?"
LAST = "Yes, with a note that you have signed."
FILE = ("form.txt", b"The form, with places for name and address.\n")


def ask(address: str, token: str = "") -> Any:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def page_of(browser: Any, faults: list[str]) -> Any:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    return page


def with_a_file(agent: Agent) -> bool:
    """Put a file into the answer where the composer takes one; tells whether it does."""
    chooser = agent.page.locator("#reply-form input[type=file]").first
    if chooser.count() == 0:
        return False
    chooser.set_input_files({"name": FILE[0], "mimeType": "text/plain", "buffer": FILE[1]})
    return True


def test_a_day_by_mail_is_one_case_and_one_timeline(product: Product, browser: Any) -> None:
    faults: list[str] = []
    mailbox = MailPage(page_of(browser, faults), product.address, CITIZEN, NAME)
    mailbox.writes(SUBJECT, WORDS)
    reference = mailbox.acknowledged()

    agent = Agent(page_of(browser, faults), product)
    agent.log_in("ama")
    agent.open(reference)
    assert WORDS in agent.page.inner_text("#timeline")
    attached = with_a_file(agent)
    agent.answer(ANSWER)
    letter = mailbox.reads(ANSWER)
    assert f"[{reference}]" in mailbox.page.request.get(f"{product.address}{_raw(letter)}").text()
    assert (letter.locator(".files li").count() == 1) is attached

    mailbox.answers(QUOTING)
    agent.sees(QUOTING)
    assert agent.page.locator("#timeline .msg", has_text=QUOTING).count() == 1

    agent.answer(LAST)
    mailbox.lets_come_back(LAST, "no-such-address")
    agent.sees_returned(LAST, "There is no such address.")

    token = product.command("token", "create", "--name", "t", "--role", "integration")
    api = f"{product.address}/api/v1"
    own = [one for one in ask(f"{api}/cases", token)["items"] if CITIZEN in one["citizen"]["addresses"]]
    assert [one["reference"] for one in own] == [reference]
    told = [(one["direction"], one["text"]) for one in ask(f"{api}/cases/{reference}", token)["messages"]]
    assert [one for one in told if one[1] in (WORDS, ANSWER, QUOTING, LAST)] == [
        ("in", WORDS),
        ("out", ANSWER),
        ("in", QUOTING),
        ("out", LAST),
    ]
    sent = ask(f"{product.address}/simulator/api/sent?to={urllib.parse.quote(CITIZEN)}")
    assert [one["text"].partition("\n")[0] for one in sent].count(ANSWER) == 1
    assert len(sent) == 3
    assert ask(f"{product.address}/health")["status"] == "ok"
    assert faults == []


def _raw(letter: Any) -> str:
    address = letter.get_by_role("link", name=re.compile("whole mail"), include_hidden=True).get_attribute("href")
    return str(address)
