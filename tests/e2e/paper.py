"""What a clerk does with paper: puts scans in, keys a letter, prints and posts, as steps in a real browser."""

from __future__ import annotations

import io
import re
from typing import Any

from tests.e2e.talk import PATIENCE

#: seconds until a scan was read by the worker; pages that wait are loaded anew every second
TURNS = PATIENCE // 500


class Clerk:
    """One clerk's page of letters."""

    def __init__(self, page: Any, site: str) -> None:
        self.page, self._site = page, site

    def awaits(self, address: str, selector: str) -> Any:
        """Load a page until something stands on it, and return that."""
        for _ in range(TURNS):
            self.page.goto(self._site + address)
            found = self.page.locator(selector)
            if found.count():
                return found.first
            self.page.wait_for_timeout(1000)
        raise AssertionError(f"{address} never showed {selector}: {self.page.inner_text('main')}")

    def puts_in(self, name: str, content: bytes, kind: str) -> None:
        """Put one scan in by the form, as one letter."""
        self.page.goto(f"{self._site}/desk/letters")
        self.page.set_input_files("#scans", {"name": name, "mimeType": kind, "buffer": content})
        self.page.get_by_label("Each file is one letter").check()
        self.page.get_by_role("button", name="Put in").click()
        self.page.get_by_text("1 scan is taken in").wait_for()

    def keys(self, **fields: str) -> str:
        """Key the first letter that waits, as a new case; returns its register number."""
        self.awaits("/desk/letters", "#key-first").click()
        number = str(self.page.get_attribute("#key-form", "data-number"))
        for name, value in fields.items():
            self.page.fill(f"#{name}", value)
        self.page.locator("input[name=into][value=new]").check()
        self.page.keyboard.press("Control+Enter")
        self.page.get_by_text(f"{number} is done").wait_for()
        return number

    def opens_case_of(self, number: str) -> str:
        """Open the case of a letter; returns its reference."""
        self.page.goto(f"{self._site}/desk/letters/{number}")
        self.page.get_by_role("link", name=re.compile(r"^Case \d{4}-\d{4}$")).click()
        self.page.locator("#timeline").wait_for()
        return str(self.page.locator(".case-head .ref").inner_text())

    def prints(self) -> bytes:
        """Print what waits; returns the PDF of the batch."""
        self.awaits("/desk/letters/out", "input[name=letter]:not([disabled])")
        self.page.get_by_role("button", name="Print what is ticked").click()
        link = self.page.get_by_role("link", name=re.compile("Open the PDF of all"))
        link.wait_for()
        return bytes(self.page.request.get(self._site + str(link.get_attribute("href"))).body())

    def posts(self) -> None:
        """Mark as posted what was just printed."""
        self.page.get_by_role("button", name="Mark as posted").click()
        self.page.get_by_role("status").filter(has_text=re.compile("posted", re.IGNORECASE)).wait_for()


def scanned(pdf: bytes) -> bytes:
    """Return the first page of a PDF as a scanner would see its print."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    made = io.BytesIO()
    document[0].render(scale=200 / 72, grayscale=True).to_pil().rotate(1.2, fillcolor=255).save(made, "PNG")
    return made.getvalue()
