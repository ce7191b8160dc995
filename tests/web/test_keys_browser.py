"""The desk by keyboard alone, in a real browser: moving, selecting, the palette, and where the focus is afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases.models import Case
from contactcentre.db import Database
from tests.e2e import chromium
from tests.factories import phone
from tests.web.conftest import Opened
from tests.web.test_desk_browser import Desk, desk, site

if TYPE_CHECKING:
    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
__all__ = ["desk", "site"]
Say = Callable[..., Opened]


def focused(one: Desk) -> str:
    found: str = one.page.evaluate("document.activeElement.dataset.reference || document.activeElement.id")
    return found


@pytest.fixture
def three(say: Say) -> list[Opened]:
    return [say(f"Words {number}", sender=phone(number)) for number in (1, 2, 3)]


def test_moving_opening_and_coming_back_to_the_row(desk: Callable[..., Desk], three: list[Opened]) -> None:
    one = desk()
    one.page.keyboard.press("j")
    one.page.keyboard.press("j")
    assert focused(one) == three[1].reference
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector("#timeline >> text=Words 2")
    one.page.keyboard.press("]")
    one.page.wait_for_selector("#timeline >> text=Words 3")
    one.page.keyboard.press("[")
    one.page.wait_for_selector("#timeline >> text=Words 2")
    one.page.keyboard.press("n")
    one.page.keyboard.press("Escape")
    one.page.keyboard.press("Escape")
    assert focused(one) == three[1].reference


def test_rows_are_selected_and_taken_together_by_keys_alone(
    desk: Callable[..., Desk], three: list[Opened], db: Database
) -> None:
    one = desk()
    for key in ("j", "x", "j", "x", "b", "Tab", "Enter"):
        one.page.keyboard.press(key)
    one.page.wait_for_selector("text=2 of 2 would be done")
    one.page.focus("button:has-text('Take: 2 cases')")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector("text=2 done")
    with db.reader() as session:
        taken = session.scalars(select(Case.reference).where(Case.assignee_id.is_not(None))).all()
    assert set(taken) == {three[0].reference, three[1].reference}


def test_the_palette_opens_a_case_by_its_reference_and_runs_commands(
    desk: Callable[..., Desk], three: list[Opened]
) -> None:
    one = desk()
    one.page.keyboard.press("j")
    one.page.keyboard.press("Control+k")
    one.page.keyboard.type("resolved")
    one.page.keyboard.press("Escape")
    assert focused(one) == three[0].reference, "the focus goes back where it was"
    one.page.keyboard.press("Control+k")
    one.page.keyboard.type(" ".join(three[2].reference))
    assert one.page.inner_text("#palette-list li[aria-selected=true]").startswith("Open case")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector("#timeline >> text=Words 3")
    one.page.keyboard.press("Control+k")
    one.page.keyboard.type("note")
    one.page.keyboard.press("Enter")
    assert focused(one) == "note-text"


def test_menus_open_by_their_keys(desk: Callable[..., Desk], three: list[Opened]) -> None:
    one = desk()
    one.open(three[0].address)
    for key, field in (("a", "agent"), ("s", "status"), ("d", "to-department"), ("p", "priority"), ("/", "search")):
        one.page.keyboard.press(key)
        assert focused(one) == field, key
        one.page.keyboard.press("Escape")


def test_what_is_new_waits_and_the_focus_stays_on_its_row(
    desk: Callable[..., Desk], say: Say, three: list[Opened]
) -> None:
    one = desk()
    one.page.keyboard.press("j")
    one.page.keyboard.press("x")
    say("A fourth", sender=phone(4))
    one.ask()
    one.page.wait_for_selector("#newbar:not([hidden])")
    assert one.page.locator("#queue-rows .qrow").count() == 3, "rows do not move by themselves"
    one.page.keyboard.press(".")
    one.page.wait_for_selector("#queue-rows >> text=A fourth")
    one.page.wait_for_function(f"document.activeElement.dataset.reference === '{three[0].reference}'")
    assert one.page.is_checked(f'.pick input[value^="{three[0].reference}."]')


def test_two_pages_see_one_another(
    desk: Callable[..., Desk], three: list[Opened], site: str, db: Database, container: Container
) -> None:
    from tests.web.conftest import make_agent

    db.run(lambda uow: make_agent(uow.session, "kojo", "Kojo Boateng", (("agent", "*"),)))
    ama, kojo = desk(), desk()
    kojo.context.clear_cookies()
    kojo.open("/login")
    kojo.page.fill("#username", "kojo")
    kojo.page.fill("#password", "a long enough password")
    kojo.page.press("#password", "Enter")
    kojo.page.wait_for_selector("#queue")
    with kojo.page.expect_response("**/desk/viewing"):
        kojo.open(three[0].address)
    ama.open("/desk?view=open")
    ama.page.wait_for_selector(f'.qrow[data-reference="{three[0].reference}"] [title="Kojo Boateng is looking"]')
    ama.open(three[0].address)
    ama.page.wait_for_selector("#looking >> text=Kojo Boateng is looking")
