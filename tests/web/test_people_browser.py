"""Reasons, the citizen's record and the log of reads in a real browser: they fit, and all can be pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cases import citizens
from cases.models import Case, CitizenAddress
from contactcentre.db import Database
from tests.e2e import chromium
from tests.factories import phone
from tests.web.api_caller import change
from tests.web.conftest import PASSWORD, Opened, make_agent
from tests.web.serving import served

if TYPE_CHECKING:
    from flask import Flask

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
Say = Callable[..., Opened]


@pytest.fixture
def site(app: Flask, db: Database) -> Iterator[str]:
    db.run(lambda uow: make_agent(uow.session, "esi", "Esi", (("supervisor", "*"),)))
    db.run(lambda uow: make_agent(uow.session, "efua", "Efua", (("auditor", "*"),)))
    with served(app) as started:
        yield started


@pytest.fixture
def story(say: Say, db: Database) -> tuple[Opened, Opened, int]:
    first, second = say("The gutter is choked"), say("The lamp is dark", sender=phone(2))
    secret = say("Ask me nothing of my husband", sender=phone(3))
    change(db, secret, confidential=True)

    def work(uow: Any) -> int:
        session = uow.session
        ids = [session.get_one(Case, one.id).citizen_id for one in (first, second)]
        citizens.name_citizen(session, ids[0], "Akosua Invented")
        use = session.scalars(select(CitizenAddress).where(CitizenAddress.citizen_id == ids[0])).one()
        session.add(
            CitizenAddress(citizen_id=ids[1], address_id=use.address_id, evidence="told", linked_at=use.linked_at)
        )
        return int(ids[0])

    return first, secret, db.run(work)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_reasons_records_and_reads_fit(
    browser: Any, site: str, story: tuple[Opened, Opened, int], size: tuple[int, int]
) -> None:
    first, secret, citizen = story
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    _log_in(page, site, "esi")
    page.goto(site + secret.address)
    _fits(page, "glass", size)
    page.select_option("#why", "danger")
    page.fill("#reason-words", "She is at the counter and afraid")
    page.click("text=Open the case")
    page.wait_for_selector("text=You gave a reason to read it")
    _fits(page, "opened", size)
    page.goto(site + first.address + "#facts")
    page.locator("#facts").evaluate("facts => facts.classList.add('shown')")
    page.click("text=The citizen's record")
    page.wait_for_selector("#record .panel")
    _fits(page, "panel", size)
    page.goto(f"{site}/desk/citizens/{citizen}")
    for summary in page.locator(".panel summary").all():
        summary.click()
    _fits(page, "record", size)
    page.click("text=Same person")
    page.wait_for_selector("text=same person")
    _fits(page, "linked", size)
    context.clear_cookies()
    _log_in(page, site, "efua")
    page.goto(f"{site}/desk/citizens/{citizen}")
    _fits(page, "asks", size)
    page.goto(f"{site}/admin/reads")
    _fits(page, "reads", size)
    assert page.locator("tbody tr").count() >= 3
    context.close()


def _log_in(page: Any, site: str, username: str) -> None:
    page.goto(f"{site}/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def _fits(page: Any, name: str, size: tuple[int, int]) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0], f"{name} scrolls sideways: {wide}"
    low = page.evaluate(
        "[...document.querySelectorAll('.reason .btn, .panel .btn, .filters .btn')]"
        ".filter(one => one.offsetParent && one.getBoundingClientRect().height < 43.5).map(one => one.textContent)"
    )
    assert low == [], f"{name}: too low to press: {low}"
