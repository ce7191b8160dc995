"""The reports in a real browser: chosen, read and followed to a case without a script, and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from contactcentre.figures import count_figures
from tests.e2e import chromium
from tests.factories import phone
from tests.web.conftest import PASSWORD, Opened
from tests.web.test_figures_browser import site

if TYPE_CHECKING:
    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
__all__ = ["site"]
Say = Callable[..., Opened]


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_number_is_followed_to_its_case(
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
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"{site}/board/reports")
    page.get_by_role("link", name="What waits").click()
    page.select_option("#by", label="Channel")
    page.get_by_role("button", name="Show").click()
    html = page.locator("html")
    assert html.evaluate("page => page.scrollWidth <= page.clientWidth"), "it scrolls sideways"
    page.locator(".figure", has_text="Opened").get_by_role("link", name="3").click()
    assert page.locator("tbody tr").count() == 3
    assert html.evaluate("page => page.scrollWidth <= page.clientWidth"), "it scrolls sideways"
    page.locator("tbody th a").first.click()
    assert "The crane is stuck" in page.locator("main").inner_text()
    page.emulate_media(media="print")
    page.goto(f"{site}/board/reports/waiting")
    assert page.locator("form").locator("visible=true").count() == 0, "a printed report has no form"
    assert page.locator("table.figures").first.is_visible()
    context.close()
