"""The desk in a real browser: opening, typing, drafts, keys, news, and nothing that scrolls sideways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from channels.sms import segments
from contactcentre.db import Database
from tests.e2e import chromium
from tests.factories import phone
from tests.web.conftest import PASSWORD, Opened, make_agent
from tests.web.serving import served

if TYPE_CHECKING:
    from flask import Flask

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
Say = Callable[..., Opened]


@pytest.fixture
def site(app: Flask, db: Database) -> Iterator[str]:
    db.run(lambda uow: make_agent(uow.session, "ama", "Ama", (("agent", "*"),)))
    with served(app) as started:
        yield started


class Desk:
    """A logged-in page that remembers what went wrong on it."""

    def __init__(self, browser: Any, site: str, width: int = 1440, height: int = 900, **more: Any) -> None:
        self.site, self.faults = site, list[str]()
        self.context = browser.new_context(viewport={"width": width, "height": height}, **more)
        self.page = self.context.new_page()
        self.page.set_default_timeout(8000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)
        self.open("/login")
        self.page.fill("#username", "ama")
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(re.compile("/desk"))

    def open(self, address: str) -> None:
        self.page.goto(self.site + address)

    def ask(self) -> None:
        """Ask for news now, as the page does every 20 seconds where there is no stream."""
        script = self.page.get_attribute("script[type=module]", "src")
        self.page.evaluate(
            "(source) => import(source).then((live) => live.ask())", script.replace("desk.js", "live.js")
        )

    def _note(self, message: Any) -> None:
        # The stream runs in a process of its own, which is not here: the page then asks every 20 seconds.
        if message.type == "error" and "/live" not in str(message.location):
            self.faults.append(message.text)


@pytest.fixture
def desk(browser: Any, site: str) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(*size: int, **more: Any) -> Desk:
        made.append(Desk(browser, site, *size, **more))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
        assert one.faults == []


def test_a_case_opens_beside_the_queue_without_loading_the_page_anew(desk: Callable[..., Desk], say: Say) -> None:
    first, second = say("First words"), say("Second words", sender=phone(2))
    page = desk().page
    page.evaluate("window.kept = true")
    page.click(f'[data-reference="{second.reference}"]')
    page.wait_for_selector("#timeline >> text=Second words")
    assert page.url.endswith(second.address)
    assert page.evaluate("window.kept")
    assert page.get_attribute(f'.qrow[data-reference="{second.reference}"]', "aria-current") == "true"
    page.click(f'.qrow[data-reference="{first.reference}"]')
    page.wait_for_selector("#timeline >> text=First words")
    assert page.title().startswith(f"{first.reference[:4]}-{first.reference[4:]} First words")
    page.go_back()
    page.wait_for_selector("#timeline >> text=Second words")


def test_a_reply_from_key_to_confirmation(desk: Callable[..., Desk], say: Say) -> None:
    opened = say("hello")
    page = desk().page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#timeline")
    page.keyboard.press("r")
    page.keyboard.type("We come tomorrow.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".msg-out >> text=We come tomorrow.")
    assert opened.address in page.url
    assert "done=" not in page.url
    assert page.input_value("#reply-text") == ""
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('cc-draft'))") == []


TEXTS = {
    "nothing": "",
    "one full part": "a" * 160,
    "one character more": "a" * 161,
    "characters that count twice": "[" * 80 + "a",
    "one part of other letters": "ɛ" * 70,
    "two parts of other letters": "ɛ" * 71,
    "pictures": "😀" * 34,
    "a pair at the edge": "a" * 153 + "[" * 77,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_page_counts_as_the_server_does(desk: Callable[..., Desk], say: Say, text: str) -> None:
    opened = say("hello")
    one = desk()
    one.open(opened.address)
    one.page.fill("#reply-text", text)
    found = segments.count(text)
    said = f"{found.parts} {'part' if found.parts == 1 else 'parts'}, {found.left} left" if text else ""
    assert one.page.inner_text("#parts") == said
    assert one.page.is_visible("#culprits") == bool(found.culprits)


def test_a_draft_survives_a_closed_page_and_a_newer_message(desk: Callable[..., Desk], say: Say) -> None:
    opened = say("hello")
    one = desk()
    one.open(opened.address)
    one.page.fill("#reply-text", "Half a sentence")
    one.page.wait_for_selector("[data-saved=reply] >> text=draft saved")
    one.open("/desk")
    one.open(opened.address)
    assert one.page.input_value("#reply-text") == "Half a sentence"
    say("I forgot to say", sender=phone(1))
    one.page.click("button[value=send]")
    one.page.wait_for_selector("text=has written since you looked")
    assert one.page.input_value("#reply-text") == "Half a sentence"
    one.faults.clear()  # the browser notes the 409


def test_news_wait_behind_a_bar_until_they_are_called(desk: Callable[..., Desk], say: Say) -> None:
    opened = say("hello")
    one = desk()
    one.open(opened.address)
    one.page.fill("#reply-text", "Being written")
    say("One more thing", sender=phone(1))
    other = say("From somebody else", sender=phone(2))
    one.ask()
    one.page.wait_for_selector("#casebar:visible")
    assert one.page.locator(f'[data-reference="{other.reference}"]').count() == 0
    one.page.click(".case-head h2")
    one.page.keyboard.press(".")
    one.page.wait_for_selector("#timeline >> text=One more thing")
    one.page.wait_for_selector(f'.qrow[data-reference="{other.reference}"]')
    assert one.page.input_value("#reply-text") == "Being written"
    one.page.click("button[value=send]")
    one.page.wait_for_selector(".msg-out >> text=Being written")  # it answers to the newer message now


def test_what_the_page_already_shows_is_no_news(desk: Callable[..., Desk], say: Say) -> None:
    opened = say("hello")
    one = desk()
    one.open(opened.address)
    one.ask()
    assert not one.page.is_visible("#casebar")
    one.page.fill("#reply-text", "We come tomorrow.")
    one.page.click("button[value=send]")
    one.page.wait_for_selector(".msg-out >> text=We come tomorrow.")
    one.ask()
    assert not one.page.is_visible("#casebar")
    assert not one.page.is_visible("#newbar")
    say("One more thing", sender=phone(1))
    one.ask()
    assert one.page.is_visible("#casebar")


def test_reading_is_told(desk: Callable[..., Desk], say: Say) -> None:
    opened = say("hello")
    one = desk()
    with one.page.expect_response(re.compile(r"/seen$")) as told:
        one.open(opened.address)
    assert told.value.status == 204
    one.open(opened.address)
    assert one.page.locator("#new").count() == 0


def test_keys_can_be_switched_off(desk: Callable[..., Desk], say: Say) -> None:
    one = desk()
    one.open(say("hello").address)
    one.page.keyboard.press("?")
    one.page.check("#keys-off")
    one.page.click("#keysheet button")
    one.page.wait_for_selector("#keysheet", state="hidden")
    one.page.keyboard.press("n")
    assert one.page.is_visible("#reply-form")
    one.page.keyboard.press("?")
    one.page.uncheck("#keys-off")
    one.page.click("#keysheet button")
    one.page.wait_for_selector("#keysheet", state="hidden")
    one.page.keyboard.press("n")
    assert one.page.is_visible("#note-form")
    assert not one.page.is_visible("#reply-form")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1000, 800), (390, 844), (320, 640)])
def test_no_page_scrolls_sideways(desk: Callable[..., Desk], say: Say, width: int, height: int) -> None:
    opened = say("Averyveryverylongwordwithoutanyspacethatwouldpushthepagewider" * 3)
    one = desk(width, height)
    for address in ("/desk", opened.address, f"{opened.address}#facts", f"{opened.address}?compose=note", "/account"):
        one.open(address)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width, address
        cut = one.page.evaluate(
            "[...document.querySelectorAll('.composer button')].filter((b) => b.offsetParent)"
            ".filter((b) => b.getBoundingClientRect().right > innerWidth).length"
        )
        assert cut == 0, address


@pytest.mark.parametrize(("width", "height"), [(720, 450), (844, 390), (320, 320)])
def test_a_low_window_shows_the_latest_words_and_lets_one_answer(
    desk: Callable[..., Desk], say: Say, width: int, height: int
) -> None:
    opened = say("hello")
    for number in range(4):
        say(f"line {number} " * 20, sender=phone(1))
    one = desk(width, height)
    one.open("/desk")
    one.page.click(f'[data-reference="{opened.reference}"]')
    one.page.wait_for_selector("#timeline")
    one.ask()  # has read, and scrolled to what is new
    new = one.page.locator("#new").bounding_box()
    assert new
    assert 0 <= new["y"] < height / 2
    one.page.fill("#reply-text", "From a low window")
    one.page.click("button[value=send]")
    one.page.wait_for_selector(".msg-out >> text=From a low window")
    end = one.page.locator("#latest").bounding_box()
    assert end
    assert height / 2 < end["y"] <= height
    assert one.page.evaluate("document.documentElement.scrollHeight") <= height


FOCUSED = """(() => {
  const on = document.activeElement, style = getComputedStyle(on);
  const name = on === document.body ? "" : on.id || on.getAttribute("aria-label") || on.textContent.trim();
  return [name, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none"];
})()"""


def test_the_tab_key_shows_where_it_is(desk: Callable[..., Desk], say: Say) -> None:
    one = desk()
    one.open(say("hello").address)
    reached, wanted = dict[str, bool](), {"search", "timeline", "reply-text", "outcome", "Assign"}
    for pressed in range(300):  # browsers begin where the page was scrolled to, and go round
        if pressed >= 120 and wanted <= set(reached):
            break
        one.page.keyboard.press("Tab")
        name, shown = one.page.evaluate(FOCUSED)
        if name:
            reached[name] = shown
    assert [name for name, shown in reached.items() if not shown] == []
    assert wanted <= set(reached)


def test_it_works_without_scripts(desk: Callable[..., Desk], say: Say) -> None:
    opened = say("hello")
    one = desk(java_script_enabled=False)
    one.page.click(f'[data-reference="{opened.reference}"]')
    one.page.fill("#reply-text", "Without scripts")
    one.page.click("button[value=send]")
    assert "Without scripts" in one.page.inner_text(".msg-out >> nth=-1")
    one.page.click("a[href*='compose=note'] >> nth=0")
    assert one.page.is_visible("#note-form")


def test_a_payload_runs_nothing(desk: Callable[..., Desk], say: Say) -> None:
    say("<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>")
    payload = say('"><svg onload=alert(1)> javascript:alert(1) {{7*7}}', sender=phone(3))
    one = desk()
    one.page.on("dialog", lambda dialog: one.faults.append(f"dialog: {dialog.message}"))
    one.open(payload.address)
    assert "run" not in one.page.title()
    assert "{{7*7}}" in one.page.inner_text("#timeline")
