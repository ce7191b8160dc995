"""Hostile words by every way in and on every page, in a real browser: none becomes markup, no script runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from contactcentre.db import Database
from tests.e2e import chromium
from tests.routing.shared import NoSharedData
from tests.web import hostile
from tests.web.conftest import PASSWORD, make_agent
from tests.web.hostile import FOREIGN, KINDS, Site
from tests.web.serving import served

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
#: how many messages one case gets
A_CASE = 100
CHOSEN = 40
ROLES = (("supervisor", "*"), ("administrator", "*"))
#: pages that show words of citizens or agents, or say again what was asked
VIEWS = ("/desk?view=all", "/desk/cases/{reference}", "/desk/cases/{reference}?compose=note", "/desk/notices",
         "/desk/people/me", "/desk/figures", "/desk/field", "/admin/try?text={words}", "/desk?q={words}",
         "/desk?view={words}",
         "/desk?department={words}&cursor={words}", "/login?next={words}", "/desk/cases/{words}",
         "/{words}", "/desk/calls", "/desk/calls/{call}", "/desk/calls/flags", "/desk/calls/line", "/desk/calls/strip",
         "/desk/calls?which={words}&cursor={words}", "/desk/calls/flags?number={words}", "/admin/prompts",
         "/admin/prompts/text?menu=main&language={words}&text={words}")  # fmt: skip


class Watched:
    """A page of a logged-in agent, and whatever words made of it."""

    def __init__(self, browser: Any, site: str) -> None:
        self.site, self.found = site, list[str]()
        self.page = browser.new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("console", lambda message: self._console(message.text))
        self.page.on("request", lambda request: self._request(request.url))
        self.look("/login")
        self.page.fill("#username", "ama")
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def look(self, address: str) -> None:
        """Open a page and note what is foreign on it."""
        self.page.goto(self.site + address, wait_until="domcontentloaded")
        self.found += [f"{address[:80]}: {one}" for one in self.page.evaluate(FOREIGN)]

    def _dialog(self, dialog: Any) -> None:
        self.found.append(f"{self.page.url}: a dialog {dialog.message}")
        dialog.dismiss()

    def _console(self, text: str) -> None:
        if "Content Security Policy" in text and "/live" not in text:
            self.found.append(f"{self.page.url}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.site, "data:image/svg")) and "/live" not in url:
            self.found.append(f"{self.page.url}: asked for {url}")


@pytest.fixture
def site(container: Container, db: Database) -> Site:
    return Site(container, db, db.run(lambda uow: make_agent(uow.session, "ama", "Ama", ROLES)))


@pytest.fixture
def watched(browser: Any, app: Flask, site: Site) -> Iterator[Watched]:
    with served(app) as address:
        made = Watched(browser, address)
        yield made
        made.page.close()


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_all_strings_of_a_list_on_few_pages(name: str, site: Site, watched: Watched) -> None:
    try:
        every = hostile.strings(name)
    except NoSharedData as missing:
        pytest.skip(str(missing))
    parts = [every[first : first + A_CASE] for first in range(0, len(every), A_CASE)]
    pages = [site.texts(part, sender=7_000 + number) for number, part in enumerate(parts)]
    for reference in pages:
        watched.look(f"/desk/cases/{reference}")
    watched.look("/desk?view=all")
    print(f"{name}: {len(every)} strings on {len(pages)} pages, {len(watched.found)} foreign")
    assert watched.found == []


@pytest.mark.long
def test_every_way_in_on_every_view(site: Site, watched: Watched) -> None:
    chosen, looked = hostile.chosen(CHOSEN), 0
    for number, words in enumerate(chosen):
        reference = site.everywhere(words, sender=9_000 + number)
        call = site.called(words, reference=reference, sender=9_000 + number)
        for view in VIEWS:
            watched.look(view.format(reference=reference, call=call, words=quote(words[:90], safe="")))
            looked += 1
    print(f"{len(chosen)} strings, {looked} pages, {len(watched.found)} foreign")
    assert watched.found == []


def test_a_page_that_lets_words_become_markup_is_noticed(watched: Watched) -> None:
    watched.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=1><iframe></iframe>')")
    assert watched.page.evaluate(FOREIGN) == ["IMG onerror", "IFRAME"]
    watched.page.wait_for_timeout(50)
    assert any("Content Security Policy" in one for one in watched.found)
