"""The page of figures in a real browser: chosen and read without a script, and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from contactcentre.db import Database
from contactcentre.figures import count_figures
from tests.e2e import chromium
from tests.factories import phone
from tests.web.conftest import PASSWORD, Opened, make_agent
from tests.web.serving import served

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
Say = Callable[..., Opened]


@pytest.fixture
def site(app: Flask, db: Database) -> Iterator[str]:
    db.run(lambda uow: make_agent(uow.session, "esi", "Esi", (("supervisor", "*"),)))
    with served(app) as started:
        yield started


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_figures_are_chosen_and_read(
    browser: Any, site: str, say: Say, container: Container, size: tuple[int, int]
) -> None:
    for number in range(1, 4):
        say("The crane is stuck", sender=phone(number))
    count_figures(container)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/login")
    page.fill("#username", "esi")
    page.fill("#password", PASSWORD)
    page.click("button:has-text('Log in')")
    page.get_by_role("link", name="Figures").locator("visible=true").first.click()
    page.select_option("#department", label="Harbour works")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".figure").first.inner_text().startswith("Opened\n0\n")
    page.select_option("#department", label="All that I may see")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".figure").first.inner_text().startswith("Opened\n3\n")
    html = page.locator("html")
    assert html.evaluate("page => page.scrollWidth <= page.clientWidth"), "it scrolls sideways"
    context.close()
