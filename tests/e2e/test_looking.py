"""What looks at the pages finds what is wrong, on a page that is right but for one thing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e import chromium, looking

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
PAGE = """<!doctype html><html lang="en"><head><title>T</title><meta name="viewport" content="width=device-width">
<style>a, button, input {{ min-height: 44px; min-width: 44px; }} p a {{ min-height: 0; }} {style}</style></head>
<body><main><h1>Title</h1><p>Words with <a href="/x">a link</a> within.</p><button>Do it</button>{more}</main></body>"""
DARK = "@media (prefers-color-scheme: dark) { p { color: #888; } }"
WRONG = [
    ('<input name="q">', "", "critical label"),
    ("", "p { color: #bbb; }", "serious color-contrast (1440, light)"),
    ("", DARK, "serious color-contrast (390, dark)"),
    ("<h4>Deep</h4>", "", "moderate heading-order"),
    ('<div style="width: 800px">wide</div>', "", "at 200 %: "),
    ('<div style="width: 500px">wide</div>', "", "at 390 px: "),
    ('<button style="min-height: 30px">Small</button>', "", "small: "),
]


def looked_at(browser: Any, more: str = "", style: str = "") -> list[str]:
    page = browser.new_page()
    try:
        page.set_content(PAGE.format(more=more, style=style))
        return looking.faults(page)
    finally:
        page.close()


def test_nothing_is_found_on_a_page_that_is_right(browser: Any) -> None:
    assert looked_at(browser) == []


@pytest.mark.parametrize(("more", "style", "told"), WRONG, ids=[told for _, _, told in WRONG])
def test_what_is_wrong_is_found(browser: Any, more: str, style: str, told: str) -> None:
    assert any(one.startswith(told) for one in looked_at(browser, more, style))


def test_a_part_is_looked_at_alone(browser: Any) -> None:
    page = browser.new_page()
    page.set_content(PAGE.format(more='<input name="q">', style=""))
    assert looking.faults(page, "h1") == []
    page.close()
