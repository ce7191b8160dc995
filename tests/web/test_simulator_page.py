"""The phone page in a real browser: write, read, misbehave, at the widths of a desk and of a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import load
from contactcentre.simulator import phone
from contactcentre.simulator.app import create_app
from tests.e2e import chromium
from tests.web.serving import served

CITIZEN = "+233200000101"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "simulator").mkdir()
    hooks = {"incoming": "http://127.0.0.1:9/none", "delivery": "http://127.0.0.1:9/none"}
    accounts = [
        {"id": name, "channel": "sms", "gateway": "africastalking", "address": number, "api_key": "key",
         "username": "city", "hooks": hooks}
        for name, number in (("sms-at", "1422"), ("sms-waste", "+233302000142"))
    ]  # fmt: skip
    (tmp_path / "simulator" / "accounts.json").write_text(json.dumps(accounts))
    (tmp_path / "demo.toml").write_text(f'[[cases]]\nphone = "{CITIZEN}"\ncitizen = "Araba Demo"\n')
    app = create_app(load(tmp_path, {"CONTACTCENTRE_CONFIG": str(tmp_path)}))
    with served(app) as started:
        yield started
        phone.host_of(app).close()


@pytest.mark.parametrize("width", [1440, 768, 390, 320])
def test_writing_and_reading_at_every_width(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 844})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{address}/simulator")
    page.get_by_label("Text to 1422", exact=True).fill("The light is out.\n<b>Please</b> come")
    page.get_by_role("button", name="Send to 1422").click()
    page.locator("[data-account=sms-at] .bubble.me .words", has_text="<b>Please</b>").wait_for()
    assert page.locator("[data-account=sms-waste] .bubble").count() == 0
    sent = page.request.post(
        f"{address}/gateways/africastalking/sms-at/version1/messaging",
        headers={"apikey": "key"},
        form={"username": "city", "to": CITIZEN, "message": "A-very-long-word" * 20, "from": "1422", "enqueue": "1"},
    )
    assert sent.status == 201
    page.locator(".bubble:not(.me)", has_text="A-very-long-word").wait_for()
    if width < 768:
        assert not page.get_by_role("heading", name="What the gateway saw").is_visible()
        page.get_by_role("button", name="Gateway", exact=True).click()
    page.locator("#ledger li").nth(1).wait_for()
    page.get_by_role("button", name="Error 500").click()
    page.locator("[data-mode=http500][aria-pressed=true]").wait_for()
    page.get_by_role("button", name="OK", exact=True).click()
    page.locator("[data-mode=ok][aria-pressed=true]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults == []


def test_another_phone_sees_only_its_own_messages_and_is_remembered(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/simulator")
    page.get_by_label("Text to 1422", exact=True).fill("From the first")
    page.keyboard.press("Enter")
    page.locator(".bubble").wait_for()
    page.get_by_role("button", name="New phone").click()
    page.get_by_label("Number with + and country code").fill("+233 24 000 0777")
    page.get_by_role("button", name="Use it").click()
    page.get_by_text("Nothing yet from or to this phone").wait_for()
    assert page.locator(".bubble").count() == 0
    page.reload()
    assert page.locator("#who").input_value() == "+233240000777"
    page.locator("#who").select_option(CITIZEN)
    page.locator(".bubble", has_text="From the first").wait_for()
