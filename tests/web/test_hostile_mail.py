"""Hostile mails in a real browser: in every field and as HTML. No script runs, and nothing is asked for elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cases import clock
from cases.messages import KeptFile
from cases.models import StoredFile
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.e2e import chromium
from tests.integration.mailboxes import mail_city
from tests.routing.shared import NoSharedData
from tests.web import hostile
from tests.web.conftest import Opened, make_agent
from tests.web.mailed import is_taken_in
from tests.web.serving import served
from tests.web.test_hostile_words import ROLES, Watched

if TYPE_CHECKING:
    from flask import Flask

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
#: how many strings the HTML of one mail holds, and how many mails one case gets
A_MAIL, A_CASE = 25, 50
CHOSEN = 60
OURS = 'iframe.as-sent[src^="/desk/cases/"][sandbox="allow-popups allow-popups-to-escape-sandbox"]:not([srcdoc])'
FRAMES = f"iframe:not({OURS})"
#: what asks for something at each kind of place elsewhere, and would run where a sandbox fails
REACHING_OUT = """
<link rel=stylesheet href=https://canary.example/a.css><link rel=prefetch href=https://canary.example/b>
<img src=https://canary.example/picture.png><img src=http://canary.example/plain.png>
<img srcset="https://canary.example/set.png 2x"><div style="background:url(https://canary.example/c.png)">a</div>
<table background=https://canary.example/d.png><tr><td>x</table>
<video src=https://canary.example/e poster=https://canary.example/f></video><audio src=https://canary.example/g></audio>
<object data=https://canary.example/h></object><embed src=https://canary.example/i><iframe src=https://canary.example/j></iframe>
<meta http-equiv=refresh content="0;url=https://canary.example/k"><base href=https://canary.example/>
<form action=https://canary.example/l><input name=a autofocus onfocus=window.ran=1><button>Send</button></form>
<style>@import url(https://canary.example/m);body{background:url(https://canary.example/n)}</style>
<svg onload=window.ran=1><image href=https://canary.example/o /></svg><script src=https://canary.example/p></script>
<input type=image src=https://canary.example/q><script>window.ran=1</script><body onload=window.ran=1>
"""


class WatchedMail(Watched):
    """A desk's page; whatever it asks for elsewhere is written down and refused."""

    def __init__(self, browser: Any, site: str) -> None:
        self.elsewhere: list[tuple[str, str]] = []
        super().__init__(browser, site)
        self.page.route(lambda url: not url.startswith(site), self._refuse)

    def look(self, address: str) -> None:
        """Open a page and note what is foreign on it; frames of ours hold nothing but an address of ours."""
        super().look(address)
        self.found = [one for one in self.found if not one.endswith(": IFRAME")]
        self.found += [f"{address[:80]}: a frame" for _ in range(self.page.locator(FRAMES).count())]

    def _refuse(self, route: Any) -> None:
        self.elsewhere.append((route.request.resource_type, route.request.url))
        route.abort()

    def _request(self, url: str) -> None:
        """Say nothing: what goes elsewhere is written down where it is refused."""


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with mail_city(settings, db, tmp_path) as made:
        yield made


@pytest.fixture
def watched(browser: Any, app: Flask, db: Database) -> Iterator[WatchedMail]:
    db.run(lambda uow: make_agent(uow.session, "ama", "Ama", ROLES))
    with served(app) as address:
        made = WatchedMail(browser, address)
        yield made
        made.page.close()


def come(container: Container, db: Database, mails: Sequence[tuple[str, str]], *, sender: str) -> list[Opened]:
    """Let mails come with these words in every field, and this HTML."""
    kept, found = container.files.keep(io.BytesIO(b"x"), largest=10), []
    row = {"sha256": kept.sha256, "size": kept.size, "media_type": kept.media_type}
    db.run(lambda uow: uow.session.add(StoredFile(**row, created_at=clock.now(uow.session))))
    for words, html in mails:
        said = hostile.clean(words) or "nothing"
        file = KeptFile(kept.sha256, kept.size, "application/octet-stream", said[:100], said[:60])
        fields = dict.fromkeys(("subject", "sender_name", "automatic", "whole"), said[:200])
        more = {**fields, "to": (said[:90],), "cc": (said[:90],)}
        found.append(is_taken_in(container, db, said, html=html, files=[file], sender=sender, **more))
    return found


def page_of(one: Opened) -> str:
    return f"{one.address}/mail/{one.message_id}/page"


@pytest.mark.long
@pytest.mark.parametrize("name", hostile.KINDS)
def test_all_strings_of_a_list_in_every_field_and_as_html(
    name: str, container: Container, db: Database, watched: WatchedMail
) -> None:
    try:
        every = [one for one in hostile.strings(name) if one]
    except NoSharedData as missing:
        pytest.skip(str(missing))
    parts = [every[first : first + A_MAIL] for first in range(0, len(every), A_MAIL)]
    mails = [(part[number % len(part)], "<hr>".join(part)) for number, part in enumerate(parts)]
    opened = come(container, db, mails, sender="hostile@example.com")
    for one in opened:
        watched.look(page_of(one))
    for address in dict.fromkeys(one.address for one in opened):
        watched.look(address)
    before, found = len(watched.elsewhere), [*watched.found]
    for one in opened[:20]:
        watched.look(f"{page_of(one)}?pictures=yes")
    kinds = {kind for kind, _ in watched.elsewhere}
    print(f"{name}: {len(every)} strings in {len(mails)} mails, {len(found)} foreign")
    print(f"asked for elsewhere: {before}; after a press {len(watched.elsewhere)}, kinds {sorted(kinds)}")
    assert watched.found == []
    assert before == 0
    assert kinds <= {"image"}


@pytest.mark.long
def test_chosen_strings_each_in_a_mail_of_its_own(container: Container, db: Database, watched: WatchedMail) -> None:
    chosen = hostile.chosen(CHOSEN)
    opened = come(container, db, [(one, one) for one in chosen], sender="hostile@example.com")
    for one in opened:
        watched.look(page_of(one))
        watched.look(f"{one.address}/mail/{one.message_id}")
    for address in dict.fromkeys(one.address for one in opened):
        watched.look(address)
    watched.look("/desk?view=all")
    found = [*watched.found]
    print(f"{len(chosen)} strings, {len(found)} foreign, {len(watched.elsewhere)} asked for elsewhere")
    assert (found, watched.elsewhere) == ([], [])


def test_a_mail_that_reaches_out_reaches_nobody_and_after_a_press_only_for_pictures(
    container: Container, db: Database, watched: WatchedMail
) -> None:
    (opened,) = come(container, db, [("Hello", REACHING_OUT)], sender="hostile@example.com")
    page = watched.page
    page.goto(watched.site + opened.address)
    page.click("summary:has-text('As it was sent')")
    page.frame_locator("iframe.as-sent").locator("text=pictures from elsewhere are not shown").wait_for()
    page.wait_for_timeout(300)
    assert watched.elsewhere == []
    page.click("a:has-text('Show pictures from elsewhere')")
    page.frame_locator("iframe.as-sent").locator("text=may learn that it was read").wait_for()
    page.wait_for_timeout(300)
    assert watched.elsewhere == [("image", "https://canary.example/picture.png")]
    assert page.url == watched.site + opened.address
    (frame,) = (one for one in page.frames if "/mail/" in one.url)
    assert frame.evaluate("[window.origin, window.ran ?? 'nothing ran', document.forms.length]") == [
        "null",
        "nothing ran",
        0,
    ]
    assert watched.found == []


def test_a_page_that_would_ask_elsewhere_is_noticed(watched: WatchedMail) -> None:
    watched.page.goto("about:blank")
    watched.page.set_content("<img src=https://canary.example/a.png>")
    watched.page.wait_for_timeout(300)
    assert watched.elsewhere == [("image", "https://canary.example/a.png")]
