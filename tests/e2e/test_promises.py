"""A supervisor's promises through the whole product: a task, a call and a deadline, and what the chips then say."""

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
CITIZEN = "+233200000778"
TITLE = "Look at the culvert"


def chip(page: Any, name: str) -> Any:
    """The chip of one promise at the head of the case."""
    return page.locator(".timers .timer", has=page.locator(".k", has_text=re.compile(f"^{re.escape(name)}$")))


def opens_a_task(page: Any) -> None:
    page.get_by_text("Open a task", exact=True).click()
    page.get_by_label("What is to be done").fill(TITLE)
    page.get_by_label("What sort of work").select_option(label="Field job")
    page.get_by_label("How many").fill("2")
    page.get_by_label("Of what", exact=True).select_option(label="hours on the clock")
    page.get_by_role("button", name="Open the task", exact=True).click()


def logs_a_call(page: Any) -> None:
    page.get_by_role("link", name=re.compile("Log a")).click()
    page.get_by_label("Was the citizen reached").select_option(value="yes")
    page.get_by_label("What was said").fill("She waits at the house.")
    page.get_by_role("button", name=re.compile("^Log it")).click()


def sets_a_deadline(page: Any) -> None:
    page.locator("#promises summary", has_text="Deadline").click()
    promises = page.get_by_label("Of which promise")
    promises.select_option(value=promises.locator("option", has_text="Fix").first.get_attribute("value"))
    page.get_by_label("Due", exact=True).fill("2090-01-15T09:30")
    page.get_by_label("Why", exact=True).locator("visible=true").fill("The road is opened on Sunday")
    page.get_by_role("button", name="Set the deadline", exact=True).click()


def test_a_task_a_call_and_a_deadline_change_the_chips(product: Product) -> None:
    faults: list[str] = []
    with chromium.browser() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        phone = Phone(context.new_page(), product.address)
        phone.choose(CITIZEN)
        phone.write("The culvert has fallen in and cars turn back.")
        reference, _ = phone.acknowledged()

        agent = Agent(context.new_page(), product)
        page = agent.page
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        agent.log_in("yaw")
        page.goto(f"{product.address}/desk/cases/{reference}")
        assert chip(page, f"Task: {TITLE}").count() == 0

        opens_a_task(page)
        chip(page, f"Task: {TITLE}").filter(has_text=re.compile(r"(2 h 00|1 h 5\d) min left")).wait_for()
        page.locator(f'.qrow[data-reference="{reference.replace("-", "")}"]').filter(
            has_text=re.compile("2 h|1 h")
        ).wait_for()

        assert "Met" not in chip(page, "First reply").inner_text()
        logs_a_call(page)
        chip(page, "First reply").filter(has_text="Met").wait_for()
        page.locator(".msg-contact", has_text="She waits at the house.").wait_for()
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('cc-draft'))") == []

        sets_a_deadline(page)
        fix = chip(page, "Fix")
        fix.locator("summary").click()
        fix.filter(has_text="set by hand").wait_for()
        assert "15 Jan 2090" in fix.inner_text()

        page.locator("#tasks summary", has_text="Done").click()
        page.get_by_label("What came of it").fill("Barriers are up.")
        page.locator("#tasks").get_by_role("button", name="Done", exact=True).click()
        chip(page, f"Task: {TITLE}").filter(has_text="Met").wait_for()
        context.close()
    assert faults == []
