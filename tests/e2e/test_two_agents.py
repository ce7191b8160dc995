"""Two agents want the same case: they see one another, and of two answers, two claims and two changes one is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.citizens import Citizen
from tests.e2e.product import Product
from tests.e2e.talk import Agent

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
WORDS = "The gutter behind our house is choked"
QUICK, SLOW = "A crew comes today.", "Somebody comes to look tomorrow."
NUMBERS = count(921)
Two = tuple[Agent, Agent]
Come = tuple[Citizen, str]


@pytest.fixture(scope="module")
def two(product: Product, browser: Any) -> Iterator[Two]:
    """The pages of two agents who both see the cases of Works."""
    both = [Agent(browser.new_context(viewport={"width": 1440, "height": 900}).new_page(), product) for _ in range(2)]
    for agent, name in zip(both, ("esi", "yaw"), strict=True):
        agent.log_in(name)
    yield both[0], both[1]
    for agent in both:
        agent.page.context.close()


@pytest.fixture
def come(product: Product, two: Two) -> Come:
    """A citizen's new case, which both agents have open."""
    citizen = Citizen(product, f"+233200000{next(NUMBERS)}")
    citizen.texts(WORDS)
    reference, _ = citizen.acknowledged()
    for agent in two:
        agent.page.goto(f"{product.address}/desk/cases/{reference}")
        agent.sees_delivered("we got your message")
    return citizen, reference


def test_each_sees_that_the_other_looks_and_writes(two: Two, come: Come) -> None:
    esi, yaw = two
    esi.page.locator("#looking", has_text="Yaw Demo, supervisor is looking").wait_for()
    yaw.page.locator("#looking", has_text="Esi Demo is looking").wait_for()
    esi.page.get_by_label("Answer to the citizen").fill(QUICK)
    yaw.page.locator("#looking", has_text="Esi Demo is writing").wait_for()
    row = f'.qrow[data-reference="{come[1].replace("-", "")}"] [data-looking]'
    yaw.page.locator(row, has_text="is writing").wait_for()


def test_of_two_answers_the_later_one_is_refused_and_kept(two: Two, come: Come) -> None:
    (esi, yaw), (citizen, _) = two, come
    yaw.page.get_by_label("Answer to the citizen").fill(SLOW)
    esi.answer(QUICK)
    yaw.page.locator("#casebar").wait_for()
    send(yaw)
    yaw.page.get_by_role("alert").filter(has_text="The citizen was answered since you looked").wait_for()
    yaw.page.locator("#composer .banner", has_text=QUICK).wait_for()
    assert written(yaw) == SLOW
    assert yaw.page.evaluate("document.activeElement.id") == "reply-text"
    citizen.reads(QUICK)
    assert SLOW not in citizen.read
    send(yaw)
    yaw.page.locator(".msg-out", has_text=SLOW).wait_for()
    citizen.reads(SLOW)
    assert [citizen.read.count(one) for one in (QUICK, SLOW)] == [1, 1]


def test_of_two_claims_one_is_done(two: Two, come: Come) -> None:
    esi, yaw = two
    esi.page.get_by_role("button", name="Take T").click()
    esi.page.locator(".case-head .chip", has_text="You").wait_for()
    yaw.page.get_by_role("button", name="Take T").click()
    yaw.page.get_by_role("alert").filter(has_text=re.compile("Esi Demo|changed")).wait_for()
    yaw.page.locator(".case-head .chip", has_text="Esi Demo").wait_for()
    assert yaw.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    yaw.page.reload()
    yaw.page.locator(".case-head .chip", has_text="Esi Demo").wait_for()


def test_what_is_written_while_a_colleague_ends_the_case_is_kept(two: Two, come: Come) -> None:
    (esi, yaw), (citizen, reference) = two, come
    esi.page.get_by_label("Answer to the citizen").fill(SLOW)
    moves(yaw, "Resolved", outcome="Fixed")
    yaw.page.locator(".case-head .chip", has_text="Resolved, fixed").wait_for()
    send(esi)
    esi.page.get_by_role("alert").filter(has_text="A colleague has ended this case").wait_for()
    esi.page.locator(".case-head .chip", has_text="Resolved, fixed").wait_for()
    assert written(esi) == SLOW
    assert SLOW not in citizen.read
    send(esi)
    esi.page.locator(".msg-out", has_text=SLOW).wait_for()
    citizen.reads(SLOW)
    assert reference in esi.page.url


def test_a_change_of_an_old_page_is_refused(two: Two, come: Come) -> None:
    (esi, yaw), (_, reference) = two, come
    moves(esi, "Waiting on third party")
    esi.page.locator(".case-head .chip", has_text="Waiting on third party").wait_for()
    moves(yaw, "Waiting on citizen")
    yaw.page.get_by_role("alert").filter(has_text="Somebody changed this case").wait_for()
    yaw.page.locator(".case-head .chip", has_text="Waiting on third party").wait_for()
    assert yaw.page.get_by_label("Change it to").is_visible(), "the form is open still"
    esi.page.reload()
    esi.page.locator(".case-head .chip", has_text="Waiting on third party").wait_for()
    assert reference in esi.page.url


def test_what_a_colleague_did_is_shown_and_can_be_worked_on(two: Two, come: Come) -> None:
    (esi, yaw), _ = two, come
    moves(esi, "Waiting on third party")
    yaw.page.get_by_label("Answer to the citizen").fill(SLOW)
    yaw.page.locator("#casebar").click()
    yaw.page.locator(".case-head .chip", has_text="Waiting on third party").wait_for()
    assert written(yaw) == SLOW
    moves(yaw, "Open")
    yaw.page.locator(".case-head .chip", has_text="Open").wait_for()
    assert written(yaw) == SLOW, "the draft is there after the next page too"


def moves(agent: Agent, status: str, *, outcome: str = "None") -> None:
    agent.page.locator("summary", has_text="Status").click()
    agent.page.get_by_label("Change it to").select_option(label=status)
    agent.page.get_by_label("Outcome, when resolving").select_option(label=outcome)
    agent.page.locator("form[action*='/status'] button").click()


def send(agent: Agent) -> None:
    agent.page.get_by_role("button", name=re.compile("^Send( Ctrl|$)")).click()


def written(agent: Agent) -> str:
    return str(agent.page.get_by_label("Answer to the citizen").input_value())
