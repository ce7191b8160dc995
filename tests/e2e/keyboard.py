"""An agent who has no mouse: every step is a key, and after every step the focus is somewhere that can be seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE

#: what has the focus, said shortly, and whether a ring or a frame around it can be seen
_FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const ringed = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const words = at.labels?.[0]?.innerText || at.getAttribute("aria-label") || at.innerText || "";
  return { what: at.id || at.name || at.className, words: words.trim(), seen: ringed && inside && box.width > 0 };
}"""
#: Tab is a way to what has no key, and not one to be walked for ever
FURTHEST = 60


class KeyboardAgent:
    """One agent's page, driven by ``page.keyboard`` alone once it is there."""

    def __init__(self, page: Any, product: Product) -> None:
        self.page, self._product, self.faults = page, product, list[str]()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)

    def log_in(self, username: str) -> None:
        """Log in from the page's first field on."""
        self.page.goto(f"{self._product.address}/login")
        self.types(username)
        self.presses("Tab")
        self.types(self._product.logins[username])
        self.presses("Enter")
        self.page.wait_for_url(re.compile("/desk"))
        self.page.locator("#live-state", has_text="Live").wait_for()

    def presses(self, *keys: str, until: Callable[[], object] | None = None) -> None:
        """Press keys; then wait for what they bring, and see that the focus is not lost."""
        for key in keys:
            self.page.keyboard.press(key)
        if until is not None:
            until()
            self.has_focus()

    def types(self, words: str) -> None:
        """Type into what has the focus."""
        self.page.keyboard.type(words)

    def has_focus(self, on: str = "") -> dict[str, Any]:
        """Wait until something has the focus, visibly, or what ``on`` selects; returns what is said of it."""
        self.page.locator(f":is({on or '*'}):focus").wait_for(state="attached")
        found: dict[str, Any] = self.page.evaluate(_FOCUS)
        assert found["seen"], f"nobody sees where the focus is: {found}"
        return found

    def tabs_to(self, words: str, *, backwards: bool = False) -> None:
        """Go on by Tab until something with these words has the focus."""
        for _ in range(FURTHEST):
            self.page.keyboard.press("Shift+Tab" if backwards else "Tab")
            found = self.page.evaluate(_FOCUS)
            if found and words in found["words"]:
                assert found["seen"], f"nobody sees where the focus is: {found}"
                return
        raise AssertionError(f"{FURTHEST} tabs led to no {words!r}")

    def sees(self, words: str, *, at: str = "#timeline") -> None:
        """Wait for words in a part of the page."""
        self.page.locator(at).filter(has_text=words).first.wait_for()

    def walks_to(self, reference: str) -> None:
        """Go down the queue, from its beginning, until the row of a case has the focus."""
        wanted = reference.replace("-", "")
        rows = self.page.locator("#queue-rows .qrow").count()
        for key in ["k"] * rows + ["j"] * rows:
            self.page.keyboard.press(key)
            if self.page.evaluate("document.activeElement.dataset.reference") == wanted:
                self.has_focus()
                return
        raise AssertionError(f"{reference} is not among the {rows} rows")

    def opens(self, reference: str) -> None:
        """Walk to a case and open it."""
        self.walks_to(reference)
        self.presses("Enter", until=lambda: self.open_is(reference))

    def goes_to(self, reference: str) -> None:
        """Open a case by the palette, wherever it is."""
        self.presses("Control+k")
        self.types(reference)
        self.sees(f"Open case {reference}", at="#palette-list [aria-selected=true]")
        self.presses("Enter", until=lambda: self.page.locator("#open[data-view=case]").wait_for())

    def open_is(self, reference: str) -> None:
        """Wait until a case is the open one."""
        self.page.locator(f'#open[data-reference="{reference.replace("-", "")}"]').wait_for()

    def chooses(self, words: str) -> None:
        """Choose in the list that has the focus, by the words of the option."""
        self.page.keyboard.type(words)
        chosen = self.page.evaluate("document.activeElement.selectedOptions[0].text")
        assert chosen.startswith(words), chosen
