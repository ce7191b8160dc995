"""The board in a real browser: it follows what is counted, looks old when nothing is, and goes round by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cases import clock
from cases.clock import TestClock, set_test_clock
from cases.queries import board
from contactcentre.db import Database
from contactcentre.web.board import drawing
from tests.e2e import chromium
from tests.factories import phone
from tests.web.boarded import counted
from tests.web.conftest import PASSWORD, Opened, make_agent
from tests.web.serving import served

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
Say = Callable[..., Opened]
OPEN = "td[data-label=Open] .n"
#: what the smallest letter of the wall may measure, in rem, and the part of the width that one rem is
LEAST, REMS = 1.375, 90
#: everything that shows words of its own: what it is, and how many rem its letters are
LETTERS = """() => {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const says = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const drawn = (one) => one instanceof SVGElement ? one.getScreenCTM().a : 1;
  const size = (one) => drawn(one) * parseFloat(getComputedStyle(one).fontSize) / rem;
  return [...document.querySelectorAll('body *')]
    .filter((one) => says(one) && !one.closest('.vh, .skip') && one.checkVisibility())
    .map((one) => [one.outerHTML.slice(0, 80), size(one)]);
}"""


class Wall:
    """A supervisor's browser on a wall. The time is ours: the server's and the browser's go on together."""

    def __init__(self, browser: Any, site: str, **more: Any) -> None:
        self.site, self.faults = site, list[str]()
        self.context = browser.new_context(viewport={"width": 1920, "height": 1080}, **more)
        self.page = self.context.new_page()
        self.page.set_default_timeout(8000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(f"{site}/login?next=/board")
        self.page.fill("#username", "yaw")
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def hangs(self, db: Database, address: str = "/board") -> Any:
        """Open the board while its clocks stand."""
        with db.reader() as session:
            self.now = clock.now(session)
        set_test_clock(TestClock(self.now, speed=0.0))
        self.page.clock.install()
        self.page.goto(self.site + address)
        self.page.clock.pause_at(self.page.evaluate("Date.now()") / 1000 + 0.2)
        return self.page

    def knows(self, db: Database) -> str:
        """Wait until the page shows what was counted last; returns when that was."""
        with db.reader() as session:
            known = board.known_at(session)
        assert known
        self.page.locator(f".numbers[data-known='{known.isoformat()}']").wait_for()
        return known.isoformat()

    def later(self, seconds: float) -> None:
        """Let time pass, here and there."""
        self.now += timedelta(seconds=seconds)
        set_test_clock(TestClock(self.now, speed=0.0))
        self.page.clock.run_for(seconds * 1000)


@pytest.fixture
def site(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(drawing, "LASTS", -1.0)
    db.run(lambda uow: make_agent(uow.session, "yaw", "Yaw", (("supervisor", "*"),)))
    with served(app) as started:
        yield started
    set_test_clock(None)


@pytest.fixture
def wall(browser: Any, site: str) -> Iterator[Callable[..., Wall]]:
    made: list[Wall] = []

    def make(**more: Any) -> Wall:
        made.append(Wall(browser, site, **more))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
        assert one.faults == []


def test_it_follows_what_is_counted_and_keeps_the_focus(
    container: Container, db: Database, wall: Callable[..., Wall], say: Say
) -> None:
    say("A lamp is out")
    counted(container)
    one = wall()
    page = one.hangs(db)
    assert page.inner_text(OPEN).endswith("1")
    page.focus(OPEN)
    say("Another lamp is out", sender=phone(2))
    counted(container)
    one.later(5.5)
    page.locator(OPEN, has_text="2").wait_for()
    assert page.evaluate("document.activeElement.closest('td')?.dataset.label") == "Open"
    assert page.locator(".numbers.frozen").count() == 0


def test_a_board_that_nobody_counts_looks_frozen_and_goes_on_by_itself(
    container: Container, db: Database, wall: Callable[..., Wall], say: Say
) -> None:
    say("A lamp is out")
    counted(container)
    one = wall()
    page = one.hangs(db)
    colour = page.eval_on_selector(".big5 .v", "(one) => getComputedStyle(one).color")
    counted(container)
    one.later(5.5)
    since = one.knows(db)
    assert page.locator(".numbers.frozen").count() == 0
    one.later(6)
    page.locator(".numbers.frozen .standstill", has_text="This board stands still").wait_for()
    assert "No news since" in page.inner_text(".standstill") and "Do not work by these numbers" in page.inner_text(
        ".standstill"
    )
    # the numbers are drawn anew at any time, and a part that was taken out has no style
    page.wait_for_function("(was) => getComputedStyle(document.querySelector('.big5 .v')).color !== was", arg=colour)
    page.wait_for_function("() => getComputedStyle(document.querySelector('.wb')).filter === 'grayscale(1)'")
    page.locator("#said", has_text="This board stands still.").wait_for(state="attached")
    assert page.get_attribute(".numbers", "data-known") == since
    counted(container)
    one.later(6)
    page.locator(".numbers:not(.frozen)").wait_for()
    assert page.locator(".standstill").is_hidden()
    page.locator("#said", has_text="The board goes on.").wait_for(state="attached")


def test_so_does_one_whose_server_cannot_be_reached(
    container: Container, db: Database, wall: Callable[..., Wall], say: Say
) -> None:
    say("A lamp is out")
    counted(container)
    one = wall()
    page = one.hangs(db)
    one.context.set_offline(True)
    one.later(5.5)
    page.locator("[data-age]", has_text="No answer").wait_for()
    one.later(8)
    page.locator(".numbers.frozen").wait_for()
    one.context.set_offline(False)
    counted(container)
    one.later(6)
    page.locator(".numbers:not(.frozen)").wait_for()


def test_a_log_in_that_is_over_is_said_and_shows_no_page_of_log_in_in_its_place(
    container: Container, db: Database, wall: Callable[..., Wall], say: Say
) -> None:
    say("A lamp is out")
    counted(container)
    one = wall()
    page = one.hangs(db)
    one.context.clear_cookies()
    one.later(5.5)
    page.locator("[data-age]", has_text="Logged out").wait_for()
    assert page.locator("#username").count() == 0 and page.locator(OPEN).count() == 1
    one.later(8)
    page.locator(".numbers.frozen").wait_for()


def test_many_hints_ask_twice_a_second_at_most(
    container: Container, db: Database, wall: Callable[..., Wall], say: Say
) -> None:
    say("A lamp is out")
    counted(container)
    one = wall()
    hints = "retry: 100\n\n" + 'event: cases\ndata: {"references": []}\n\n' * 40
    one.context.route("**/live", lambda route: route.fulfill(content_type="text/event-stream", body=hints))
    asked: list[str] = []
    one.page.on("request", lambda request: asked.append(request.url) if "/board/now" in request.url else None)
    page = one.hangs(db)
    page.wait_for_timeout(300)  # the stream has its own clock
    for _ in range(20):
        one.later(0.1)
        page.wait_for_timeout(40)
    assert 2 <= len(asked) <= 5, asked


def test_departments_follow_one_another(container: Container, db: Database, wall: Callable[..., Wall]) -> None:
    counted(container)
    one = wall()
    one.page.goto(f"{one.site}/board/layouts")
    one.page.fill("#name", "Hall")
    one.page.fill("#seconds", "60")
    one.page.get_by_role("button", name="Keep this board").click()
    one.page.wait_for_url(re.compile(r"layout=\d+"))
    page = one.hangs(db, one.page.url.removeprefix(one.site))
    assert page.inner_text("h1") == "Hall: Front desk"
    for name in ("Hall: Harbour works", "Hall: Front desk"):
        one.later(60)
        page.wait_for_timeout(500)  # the answer to what was asked before
        one.later(1.5)
        page.locator("h1", has_text=name).wait_for()


def test_it_works_without_scripts(container: Container, wall: Callable[..., Wall], say: Say) -> None:
    say("A lamp is out")
    counted(container)
    page = wall(java_script_enabled=False).page
    say("Another lamp is out", sender=phone(2))
    counted(container)
    page.get_by_role("link", name="Refresh").click()
    assert page.inner_text(OPEN).endswith("2")
    page.locator(OPEN).click()
    page.wait_for_url(re.compile(r"/desk\?board=open"))


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (3840, 2160)])
def test_every_letter_can_be_read_from_four_metres(
    container: Container, wall: Callable[..., Wall], say: Say, width: int, height: int
) -> None:
    say("A lamp is out")
    counted(container)
    page = wall().page
    page.set_viewport_size({"width": width, "height": height})
    page.goto(page.url)
    rem = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert rem == pytest.approx(width / REMS, rel=0.01)
    small = [f"{size:.2f} rem: {what}" for what, size in page.evaluate(LETTERS) if size < LEAST - 0.01]
    assert small == [], "\n".join(small)
    cut = "(one) => one.scrollWidth > one.clientWidth + 1"
    assert (
        page.eval_on_selector_all(".scrolls, .bx, .wb", f"(all) => all.filter({cut}).map((one) => one.className)") == []
    )
    fits = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(fits) == [width, height], "a wall has nobody who scrolls"
