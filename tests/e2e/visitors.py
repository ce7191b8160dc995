"""People at their browsers, each logged in once, who go from page to page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.e2e import looking
from tests.e2e.every_page import NOBODY, Visit
from tests.e2e.furnished import PASSWORD, City
from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE

if TYPE_CHECKING:
    from contactcentre.container import Container

#: said of an answer of 403, 404 or 422, which some visits ask for
ANSWERED = "Failed to load resource: the server responded with a status of"


@contextmanager
def installed(product: Product) -> Iterator[Container]:
    """Give the wiring of a product that runs."""
    from config import settings
    from contactcentre.container import Container

    container = Container(settings.load(product.data, {}))
    try:
        yield container
    finally:
        container.close()


class Visitors:
    """One context of the browser for each person."""

    def __init__(self, browser: Any, product: Product, **more: Any) -> None:
        self._browser, self._product, self._more = browser, product, more
        self._pages: dict[str, Any] = {}
        self.said: list[str] = []

    def page(self, who: str) -> Any:
        """Return the page of somebody, who logs in first."""
        if who not in self._pages:
            page = self._pages[who] = self._browser.new_context(reduced_motion="reduce", **self._more).new_page()
            page.set_default_timeout(PATIENCE)
            page.on("pageerror", lambda error: self.said.append(str(error)))
            page.on("console", self._note)
            if who != NOBODY:
                self._log_in(page, who)
        return self._pages[who]

    def go(self, visit: Visit, city: City) -> tuple[Any, int, int]:
        """Open a page anew and bring it into its state; returns the page, how it was answered, and its bytes."""
        page = self.page(visit.who)
        self.leave(visit)  # an address that differs in its end alone would not be loaded anew
        answer = page.goto(self._product.address + visit.address.format(**city.names))
        status, size = answer.status, len(answer.body())  # gone once a step leads to another page
        if visit.steps is not None:
            visit.steps(page)
        return page, status, size

    def leave(self, visit: Visit) -> None:
        """Open nothing: a page that is left open would go on asking for news."""
        self.page(visit.who).goto("about:blank")
        self.said.clear()

    def look(self, visit: Visit, city: City) -> list[str]:
        """Return what is wrong with a page."""
        looking.at(self.page(visit.who), looking.WIDE, "light")
        page, status, size = self.go(visit, city)
        found = [] if status == visit.status else [f"answered {status}, not {visit.status}"]
        if size > looking.LARGEST:
            found.append(f"{size // 1024} KB")
        found += looking.faults(page, visit.within)
        refused = visit.status != 200 or visit.state == "refused"
        found += [one for one in self.said if not (refused and ANSWERED in one)]
        self.leave(visit)
        return [f"{visit.name}: {one}" for one in found]

    def _note(self, said: Any) -> None:
        if said.type == "error":
            self.said.append(f"{said.text} {said.location['url']}")

    def _log_in(self, page: Any, who: str) -> None:
        page.goto(f"{self._product.address}/login")
        page.get_by_label("User name").fill(who)
        page.get_by_label("Password").fill(self._product.logins.get(who, PASSWORD))
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda address: not address.endswith("/login"))
