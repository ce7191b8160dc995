"""One SMS through the whole product: from a phone to the desk, and the answer back to the phone."""

from __future__ import annotations

import json
import re
import urllib.request
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
CITIZEN = "+233200000777"
WORDS = "Please what are your office hours, and where do I collect the form?"
ANSWER = "At the front desk, weekdays from 8 to 4. It costs nothing."


def ask(address: str, token: str = "") -> Any:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
        return json.load(answer)


def page_of(browser: Any, faults: list[str]) -> Any:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    return page


def test_an_sms_is_answered_and_the_answer_arrives(product: Product, browser: Any) -> None:
    faults: list[str] = []
    phone = Phone(page_of(browser, faults), product.address)
    phone.choose(CITIZEN)
    phone.write(WORDS)
    reference, code = phone.acknowledged()

    agent = Agent(page_of(browser, faults), product)
    agent.log_in("ama")
    agent.open(reference)
    assert WORDS in agent.page.inner_text("#timeline")
    # As a word: its four digits may well stand within an instant's fraction or a token.
    assert not re.search(rf"(?<![\w.-]){code}(?![\w-])", agent.page.content())
    agent.answer(ANSWER)
    phone.reads(ANSWER)
    agent.sees_delivered(ANSWER)

    token = product.command("token", "create", "--name", "t", "--role", "integration")
    api = f"{product.address}/api/v1"
    (listed,) = [one for one in ask(f"{api}/cases", token)["items"] if one["reference"] == reference]
    assert listed["subject"] == WORDS
    assert listed["status"] == "open"
    assert CITIZEN in listed["citizen"]["addresses"]
    messages = ask(f"{api}/cases/{reference}", token)["messages"]
    assert [(one["direction"], one["text"], one["status"]) for one in messages if one["text"] in (WORDS, ANSWER)] == [
        ("in", WORDS, "received"),
        ("out", ANSWER, "delivered"),
    ]
    sent = ask(f"{product.address}/simulator/api/sent?to=%2B{CITIZEN[1:]}")
    assert [one["text"] for one in sent].count(ANSWER) == 1
    assert ask(f"{product.address}/health")["status"] == "ok"
    assert faults == []
