"""The composer in a real browser: seconds for undo, drafts of two pages and of a lost line, names, texts to choose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from cases.models import KeptDraft
from contactcentre.db import Database
from tests.e2e import chromium
from tests.web.conftest import Opened, make_agent
from tests.web.test_desk_browser import Desk, desk, site

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
Say = Callable[..., Opened]
__all__ = ["desk", "site"]


def open_case(desk: Callable[..., Desk], opened: Opened) -> Desk:
    one = desk()
    one.page.set_default_timeout(30_000)
    one.open(opened.address)
    return one


def test_undo_counts_down_and_gives_the_words_back(desk: Callable[..., Desk], say: Say) -> None:
    one = open_case(desk, say("hello"))
    one.page.fill("#reply-text", "We come at ten")
    one.page.click("button[name=how][value=send]")
    one.page.wait_for_selector(".undo >> text=s left to take it back")
    assert one.page.input_value("#reply-text") == ""
    one.page.click(".undo button")
    one.page.wait_for_selector("text=took a reply back before it left")
    assert one.page.input_value("#reply-text") == "We come at ten"


def test_of_two_pages_the_newer_draft_wins_and_the_other_is_offered(
    desk: Callable[..., Desk], say: Say, db: Database
) -> None:
    opened = say("hello")
    first, second = open_case(desk, opened), open_case(desk, opened)
    for text in ("Long and good", "Long and good words"):
        first.page.fill("#reply-text", text)
        first.page.wait_for_selector("[data-saved=reply] >> text=draft saved")
        first.page.evaluate("document.querySelector('[data-saved=reply]').textContent = ''")
    first.page.fill("#reply-text", "Long and good words.")
    first.page.wait_for_selector("[data-saved=reply] >> text=draft saved")
    second.page.fill("#reply-text", "Short")
    second.page.wait_for_selector("[data-saved=reply] >> text=wrote something newer")
    with db.reader() as session:
        assert session.scalars(select(KeptDraft.text)).all() == ["Long and good words."]
    assert second.page.input_value("#reply-text") == "Short"
    second.page.click("text=Show the other")
    assert second.page.input_value("#reply-text") == "Long and good words."
    second.faults.clear()  # the browser notes the 409


def test_without_a_line_this_device_keeps_it_and_says_so(desk: Callable[..., Desk], say: Say, db: Database) -> None:
    opened = say("hello")
    one = open_case(desk, opened)
    one.context.set_offline(True)
    one.page.fill("#reply-text", "Written in a tunnel")
    one.page.wait_for_selector("[data-saved=reply] >> text=kept on this device")
    one.context.set_offline(False)
    one.open(opened.address)
    assert one.page.input_value("#reply-text") == "Written in a tunnel"
    one.page.wait_for_selector("[data-saved=reply] >> text=/draft (saved|of [0-9])/")  # by the page before, or by this
    with db.reader() as session:
        assert session.scalars(select(KeptDraft.text)).all() == ["Written in a tunnel"]
    one.faults.clear()  # the browser notes the lost line


def test_a_name_is_offered_and_texts_open_with_two_colons(desk: Callable[..., Desk], say: Say, db: Database) -> None:
    db.run(lambda uow: make_agent(uow.session, "kojo", "Kojo Ackon", (("agent", "*"),)))
    one = open_case(desk, say("hello"))
    one.page.click("[data-compose=note]")
    one.page.type("#note-text", "Ask @koj")
    one.page.click("#names >> text=Kojo Ackon")
    assert one.page.input_value("#note-text") == "Ask @Kojo Ackon "
    one.page.click("[data-compose=reply]")
    one.page.type("#reply-text", "::")
    one.page.wait_for_selector("#choice >> text=Articles")
    assert one.page.input_value("#reply-text") == ""
    assert one.page.evaluate("document.getElementById('choice').closest('#reply-form')") is None
