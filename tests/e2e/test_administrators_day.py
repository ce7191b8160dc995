"""An administrator's day: a department as one file, its faults, what it touches, activated, tried, and taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
NAME, KEY = "Kite Library", "kite-library"
FILE = f"departments/{KEY}.toml"
TEXT = "I want to borrow from the kite library"
ACTIVE = re.compile(r"Version (\d+) is active")


class Administrator:
    """Who changes the configuration by its pages."""

    def __init__(self, page: Any, product: Product) -> None:
        self.page, self.site = page, f"{product.address}/admin"
        page.set_default_timeout(PATIENCE)
        page.goto(f"{product.address}/login")
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill(product.logins["admin"])
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(re.compile("^(?!.*login)"))

    def adds_a_department(self) -> None:
        """Open the filled-in file from the overview, through the head of the page."""
        self.page.goto(f"{self.site}/try")
        self.page.get_by_role("link", name="Configuration", exact=True).click()
        self.page.get_by_label("Its name").fill(NAME)
        self.page.get_by_label("Its key").fill(KEY)
        self.page.get_by_role("button", name="Open a filled-in file").click()

    def types(self, before: str, after: str) -> None:
        """Change the text of the file, and look at what it would do."""
        area = self.page.get_by_label(re.compile("^Its lines"))
        text = area.input_value()
        assert before in text
        area.fill(text.replace(before, after))
        self.page.get_by_role("button", name="Look at what it would do").click()
        self.page.get_by_role("heading", name="Before it is activated").wait_for()

    def activates(self, reason: str) -> int:
        """Make what is shown the active version; returns its number."""
        self.page.get_by_label("Why", exact=True).fill(reason)
        self.page.get_by_role("button", name="Make it the active one").click()
        banner = self.page.get_by_role("status").filter(has_text=ACTIVE)
        found = ACTIVE.search(banner.inner_text())
        assert found
        return int(found.group(1))

    def tries(self, text: str, *, version: int) -> str:
        """Try a text once this process follows a version, which takes up to ten seconds; returns where it would go."""
        said = f"by version {version} of the configuration"
        for _ in range(40):
            self.page.goto(f"{self.site}/try")
            if said in self.page.inner_text("main"):
                break
            self.page.wait_for_timeout(500)
        assert said in self.page.inner_text("main")
        self.page.get_by_label("What the citizen writes").fill(text)
        self.page.get_by_role("button", name="Try it").click()
        return str(self.page.locator("#goes").inner_text())


def test_a_department_is_added_tried_and_taken_back(product: Product, browser: Any) -> None:
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    admin = Administrator(page, product)
    page.goto(f"{admin.site}/versions")
    first = int(page.locator("tbody th a").first.inner_text().removeprefix("Version "))
    assert NAME not in admin.tries(TEXT, version=first)

    admin.adds_a_department()
    admin.types('family = "enquiry"', 'family = "enquirey"')
    wrong = page.locator("section", has=page.get_by_role("heading", name="Cannot be activated"))
    assert f"{FILE} services[1].family 'enquirey' is unknown; allowed:" in " ".join(wrong.inner_text().split())
    assert page.get_by_role("button", name="Make it the active one").count() == 0

    wrong.get_by_role("link", name=FILE).first.click()
    assert "enquirey" in page.get_by_label("Faults in this file").inner_text()
    admin.types('family = "enquirey"', 'family = "enquiry"')
    assert page.get_by_text("Cannot be activated").count() == 0
    assert f"+++ b/{FILE}" in page.locator(".diff").inner_text()
    touched = page.locator("section", has=page.get_by_role("heading", name="What it would touch")).inner_text()
    assert "so no deadline moves" in touched
    assert "Earlier" not in touched, "no policy changes"
    assert re.search(r"Of the last \d+ messages that opened a case, none would go elsewhere", touched)
    second = admin.activates("A library of kites")

    assert admin.tries(TEXT, version=second) == NAME
    page.goto(f"{admin.site}/versions/compare?from={first}&to={second}")
    assert "1 file differs" in page.inner_text("main")
    assert page.get_by_text("Its files are those that were signed").count() == 2

    page.goto(f"{admin.site}/versions/{first}")
    assert f'-name = "{NAME}"' in page.locator("section .diff").inner_text()
    third = admin.activates("Not yet")
    assert NAME not in admin.tries(TEXT, version=third)
    page.goto(f"{admin.site}/configuration")
    assert f"{KEY}.toml" not in page.inner_text("main")
    context.close()
    assert faults == []
