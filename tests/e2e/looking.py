"""Looks at one page as somebody with a reader, a phone or a small screen would: what is wrong comes back in words."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe

WIDE, HALF, NARROW = (1440, 900), (720, 450), (390, 844)
LARGEST = 150 * 1024
TOUCH = 44
#: impacts for which nothing may be found
GRAVE = ("serious", "critical", "moderate")
#: Colours are looked at in each theme and width, all the rest in one theme.
COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
ALL = {"resultTypes": ["violations"]}
#: what depends on which parts of a page are shown: a narrow page hides some
LAYOUT = (
    "color-contrast", "page-has-heading-one", "landmark-one-main", "region", "label", "button-name", "link-name",
    "select-name", "target-size", "scrollable-region-focusable", "aria-hidden-focus", "heading-order",
)  # fmt: skip
PARTS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": LAYOUT}}
SCRIPT: str = Axe().axe_script

_AXE = "([within, options]) => axe.run(within ?? document, options).then((found) => found.violations)"
_SIDEWAYS = """() => {
  const wide = document.documentElement.clientWidth, over = document.documentElement.scrollWidth - wide;
  if (over <= 0) return [];
  const past = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > wide + 1);
  return [`${over} px too wide`, ...past.slice(-3).map((one) => one.outerHTML.slice(0, 100))];
}"""
#: What is pressed with a finger. A link within a sentence is as high as its line, and a box is as large as its label.
_SMALL = """(least) => {
  const shown = { visibilityProperty: true, opacityProperty: true };
  const seen = (one) => one.checkVisibility(shown) && !one.closest('.vh, .skip, [inert]');
  const size = (one) => { const box = one.getBoundingClientRect(); return [box.width, box.height]; };
  const inText = (one) => one.matches('a, summary') && getComputedStyle(one).display === 'inline';
  const found = [];
  for (const one of document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')) {
    if (!seen(one) || inText(one)) continue;
    const whole = one.matches('input[type=checkbox], input[type=radio]') ? one.closest('label') ?? one : one;
    const [width, height] = size(whole);
    if (width === 0 || (width >= least - 0.5 && height >= least - 0.5)) continue;
    found.push(`${Math.round(width)} x ${Math.round(height)}: ${whole.outerHTML.slice(0, 120)}`);
  }
  return found;
}"""


def faults(page: Any, within: str | None = None) -> list[str]:
    """Return all that is wrong with the page that is open, or a part of it, in both themes, at each width."""
    page.evaluate(SCRIPT)
    found = _in(page, within, WIDE, "light", ALL)
    found += _in(page, within, WIDE, "dark", COLOURS)
    at(page, HALF, "dark")
    found += [f"at 200 %: {one}" for one in page.evaluate(_SIDEWAYS)]
    found += _in(page, within, NARROW, "dark", PARTS)
    found += [f"at {NARROW[0]} px: {one}" for one in page.evaluate(_SIDEWAYS)]
    found += [f"small: {one}" for one in page.evaluate(_SMALL, TOUCH)]
    found += _in(page, within, NARROW, "light", COLOURS)
    return sorted(set(found))


def at(page: Any, size: tuple[int, int], theme: str) -> None:
    """Give the page a size and a theme."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=theme)


def _in(page: Any, within: str | None, size: tuple[int, int], theme: str, options: dict[str, Any]) -> list[str]:
    at(page, size, theme)
    return [
        f"{one['impact']} {one['id']} ({size[0]}, {theme}): {_where(node)}"
        for one in page.evaluate(_AXE, [within, options])
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]


def _where(node: dict[str, Any]) -> str:
    told = re.sub(r"\s+", " ", node["failureSummary"].partition("\n")[2]).strip()
    return f"{node['html'][:140]} {told[:160]}"
