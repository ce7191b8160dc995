"""An agent who has only a phone: every step is a tap that a thumb can make, and no page is wider than the screen."""

from __future__ import annotations

import re
from typing import Any

from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE, Agent

SCREEN = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
#: the house's measure of what a thumb hits, in pixels; and of a link that stands in a line of text
TOUCH, IN_TEXT = 44, 18
#: the box of a target: a field's label counts as part of it
_BOX = """(at) => {
  const label = at.matches("input[type=checkbox], input[type=radio]") ? at.closest("label") : null;
  const box = (label ?? at).getBoundingClientRect();
  const text = getComputedStyle(at).display === "inline";
  return { width: box.width, height: box.height, left: box.left, right: box.right, text };
}"""
_WIDER = """() => {
  const right = (one) => one.getBoundingClientRect().right;
  const wide = [...document.querySelectorAll("body *")].filter((one) => right(one) > innerWidth + 1);
  const over = document.documentElement.scrollWidth - innerWidth;
  return over > 0 ? [over, ...wide.slice(0, 4).map((one) => `${one.tagName}.${one.className}`)] : [];
}"""


class ThumbAgent:
    """One agent's phone."""

    def __init__(self, browser: Any, product: Product) -> None:
        self._context = browser.new_context(**SCREEN)
        self.page, self._product, self.faults = self._context.new_page(), product, list[str]()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def log_in(self, username: str) -> None:
        """Log in."""
        self.page.goto(f"{self._product.address}/login")
        self.writes("User name", username)
        self.writes("Password", self._product.logins[username])
        self.taps(self.button("Log in"))
        self.page.wait_for_url(re.compile("/desk"))
        self.fits()

    def goes(self, path: str) -> None:
        """Open an address, as from a bookmark."""
        self.page.goto(f"{self._product.address}{path}")
        self.fits()

    def button(self, name: str) -> Any:
        """The button with this name that can be seen."""
        return self.page.get_by_role("button", name=re.compile(f"^{name}")).locator("visible=true").first

    def link(self, name: str) -> Any:
        """The link with this name that can be seen."""
        return self.page.get_by_role("link", name=re.compile(name)).locator("visible=true").first

    def menu(self, name: str) -> Any:
        """What opens a small form."""
        return self.page.locator("summary", has_text=re.compile(f"^\\s*{name}")).locator("visible=true").first

    def taps(self, target: Any) -> None:
        """Tap, once it is seen that a thumb can; and that the page fits."""
        target.scroll_into_view_if_needed()
        box = target.evaluate(_BOX)
        least = IN_TEXT if box["text"] else TOUCH
        assert box["height"] >= least - 0.5, f"{target}: {box} is too low for a thumb"
        assert box["width"] >= least - 0.5, f"{target}: {box} is too narrow for a thumb"
        assert box["left"] >= -1, f"{target}: {box} stands off the screen"
        assert box["right"] <= SCREEN["viewport"]["width"] + 1, f"{target}: {box} stands off the screen"  # type: ignore[index]
        self.fits()
        target.tap()

    def writes(self, label: str, words: str) -> None:
        """Write into a field."""
        self.page.get_by_label(label, exact=True).locator("visible=true").first.fill(words)

    def chooses(self, label: str, words: str) -> None:
        """Choose in a list by the words of the option."""
        self.page.get_by_label(label, exact=True).locator("visible=true").first.select_option(label=words)

    def sees(self, words: str, *, at: str = "#open") -> None:
        """Wait for words on the screen."""
        self.page.locator(f"{at} >> visible=true").filter(has_text=words).first.wait_for()
        self.fits()

    def sees_delivered(self, words: str) -> None:
        """Wait until an answer is marked as delivered."""
        Agent(self.page, self._product).sees_delivered(words)

    def fits(self) -> None:
        """See that nothing stands out of the screen sideways."""
        assert self.page.evaluate(_WIDER) == [], self.page.url

    def row(self, reference: str) -> Any:
        """The row of a case in the queue."""
        return self.page.locator(f'.qrow[data-reference="{reference.replace("-", "")}"]')

    def box(self, reference: str) -> Any:
        """The box that selects a case in the queue."""
        return self.page.locator(f'.pick input[value^="{reference.replace("-", "")}."]')

    def opens(self, reference: str) -> None:
        """Open a case out of the queue, which then is off the screen."""
        self.taps(self.row(reference))
        self.page.locator(f'#open[data-reference="{reference.replace("-", "")}"]').wait_for()
        assert not self.page.locator("#queue").is_visible()

    def goes_back(self) -> None:
        """Go back to the queue by the arrow of the case."""
        self.taps(self.page.locator("#back"))
        self.page.locator("#queue").wait_for()

    def close(self) -> None:
        """Put the phone away."""
        self._context.close()
