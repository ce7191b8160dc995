"""A letter through the whole product: scanned, keyed, answered on paper, and its answer finds its way back."""

from __future__ import annotations

from typing import Any

import pytest

from contactcentre.simulator import sheets
from tests.e2e import chromium
from tests.e2e.paper import Clerk, scanned
from tests.e2e.product import Product
from tests.e2e.talk import WHO, Agent
from tests.e2e.test_mail_day import page_of

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
SENDER, POSTAL = "Kwesi Invented", "P.O. Box TK 418\nTakoradi"
WORDS = "Dear Sir,\n\nCHOKED GUTTER\n\nThe gutter behind the market is choked.\n\nYours faithfully,\nKwesi Invented"
ANSWER = "Our crew opens the gutter on Monday. Please keep the children away from the edge."


def test_a_letter_is_answered_by_letter_and_the_answer_to_that_files_itself(product: Product, browser: Any) -> None:
    faults: list[str] = []
    agent = Agent(page_of(browser, faults), product)
    agent.log_in(WHO)
    clerk = Clerk(agent.page, product.address)

    clerk.puts_in("letter.pdf", sheets.as_pdf(sheets.typed(WORDS)), "application/pdf")
    number = clerk.keys(sender_name=SENDER, postal=POSTAL, subject="Choked gutter")
    reference = clerk.opens_case_of(number)
    assert number in agent.page.inner_text("#timeline")
    assert "gutter behind the market" in agent.page.inner_text("#timeline")

    agent.answer(ANSWER)
    pdf = clerk.prints()
    assert pdf.startswith(b"%PDF")
    clerk.posts()

    clerk.puts_in("reply.png", scanned(pdf), "image/png")
    answer = clerk.awaits(f"/desk/cases/{reference}", "#timeline .msg-in >> nth=1")
    answer.wait_for()
    assert agent.page.locator("#timeline .msg-in").count() == 2
    assert agent.page.locator("#timeline .msg-out", has_text=ANSWER).count() == 1
    timeline = agent.page.inner_text("#timeline")
    assert "filed itself" in timeline and timeline.count(f"{number[:7]}") >= 2

    agent.page.goto(f"{product.address}/desk/letters/out?state=posted")
    posted = agent.page.locator(".out-row", has_text=SENDER)
    assert posted.count() == 1 and reference in posted.inner_text()
    agent.page.goto(f"{product.address}/desk/letters")
    assert agent.page.locator("#key-first").count() == 0, "the answer needs no keyer"
    assert faults == []
