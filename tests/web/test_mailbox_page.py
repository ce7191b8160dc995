"""The simulator's mailbox in a real browser: write, read, answer, misbehave, at the widths of a desk and of a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import load
from contactcentre.simulator import asking
from contactcentre.simulator.app import create_app
from tests.e2e import chromium, looking
from tests.web.serving import served

CITIZEN, OURS = "araba.demo@example.com", "desk@assembly.example"
HOSTILE = "<img src=x onerror=alert(1)><b>Please</b> come"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[tuple[str, Any]]:
    (tmp_path / "simulator").mkdir()
    rows = [
        {"id": "mail", "channel": "email", "gateway": "mailbox", "address": OURS, "api_key": "", "username": "",
         "hooks": {"inbound": "http://127.0.0.1:9/none"}}
    ]  # fmt: skip
    (tmp_path / "simulator/accounts.json").write_text(json.dumps(rows))
    (tmp_path / "demo.toml").write_text(f'[[cases]]\nemail = "{CITIZEN}"\ncitizen = "Araba Demo"\n')
    app = create_app(load(tmp_path, {"CONTACTCENTRE_CONFIG": str(tmp_path)}))
    with served(app) as started:
        yield started, asking.host_of(app).post
        asking.host_of(app).close()


def _ours(answers: str) -> bytes:
    reply_to = f"desk+{'a' * 34}@assembly.example"
    return (
        f"From: Desk <{OURS}>\r\nTo: {CITIZEN}\r\nReply-To: {reply_to}\r\nSubject: Re: Light [1234-5678]\r\n"
        f"Message-ID: <ours@assembly.example>\r\nIn-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n\r\n"
        f"{'A-very-long-word' * 20}\r\n"
    ).encode()


@pytest.mark.parametrize("width", [1440, 768, 390, 320])
def test_writing_reading_and_answering_at_every_width(browser: Any, simulator: tuple[str, Any], width: int) -> None:
    address, post = simulator
    page = browser.new_page(viewport={"width": width, "height": 844})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{address}/simulator/mail")
    page.get_by_role("button", name="Write a mail").click()
    page.get_by_label("Subject").fill("Light")
    page.get_by_label("Text", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Send the mail").click()
    mine = page.locator(".letter.mine .words", has_text="<b>Please</b>")
    mine.wait_for()
    number = page.locator(".letter.mine").get_attribute("data-id")
    post.take(f"desk+{'a' * 34}@assembly.example", CITIZEN, _ours(str(number)))
    theirs = page.locator(".letter:not(.mine)", has_text="A-very-long-word")
    theirs.wait_for()
    theirs.get_by_text("Headers", exact=True).click()
    assert "Message-ID: <ours@assembly.example>" in theirs.locator("pre").inner_text()
    page.get_by_label("Answer", exact=True).fill("Thank you")
    page.get_by_role("button", name="Send the answer").click()
    page.locator(".letter.mine .words", has_text="> A-very-long-word").wait_for()
    theirs.get_by_role("button", name="Let it come back").click()
    page.locator(".letter.mine", has_text="Undelivered").or_(
        page.locator(".letter.mine", has_text="could not be delivered")
    ).first.wait_for()
    page.get_by_role("button", name="Server fault").click()
    page.locator("[data-mode=http500][aria-pressed=true]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width < 768:
        page.get_by_role("button", name="All conversations").click()
        assert not page.locator("#open").is_visible()
    page.locator(".threads button", has_text="Light (4)").wait_for()
    assert faults == []


def test_another_address_sees_its_own_mails_and_is_remembered(browser: Any, simulator: tuple[str, Any]) -> None:
    address, _ = simulator
    page = browser.new_page()
    page.goto(f"{address}/simulator/mail")
    page.get_by_label("Subject").fill("Light")
    page.get_by_role("button", name="Send the mail").click()
    page.locator(".threads button", has_text="Light").wait_for()
    page.get_by_role("button", name="New address").click()
    page.get_by_label("Mail address").fill("Kojo@Example.org")
    page.get_by_role("button", name="Use it").click()
    page.get_by_text("No mail yet from or to this address.").wait_for()
    page.reload()
    assert page.locator("#who").input_value() == "kojo@example.org"


def test_nothing_is_wrong_with_the_page_in_any_of_its_states(browser: Any, simulator: tuple[str, Any]) -> None:
    address, post = simulator
    page = browser.new_context(bypass_csp=True).new_page()
    page.goto(f"{address}/simulator/mail")
    found = looking.faults(page)
    page.get_by_role("button", name="Write a mail").click()
    page.locator("#new summary").click()
    found += looking.faults(page)
    page.get_by_label("Subject").fill("Light")
    page.get_by_role("button", name="Send the mail").click()
    number = page.locator(".letter.mine").get_attribute("data-id")
    post.take(f"desk+{'a' * 34}@assembly.example", CITIZEN, _ours(str(number)))
    page.locator(".letter:not(.mine) summary").click()
    assert [*found, *looking.faults(page)] == []
