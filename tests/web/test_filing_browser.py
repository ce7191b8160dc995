"""Filing by two keys, and pages that fit a phone: in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from cases.models import Case
from contactcentre.db import Database
from tests.e2e import chromium
from tests.factories import phone
from tests.web.conftest import Opened
from tests.web.test_desk_browser import Desk, desk, site

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
__all__ = ["desk", "site"]
Say = Callable[..., Opened]
LONG = "Averyveryverylongwordwithoutanyspacethatwouldpushthepagewider" * 2


def written(opened: Opened) -> str:
    return opened.address.rsplit("/", 1)[-1]


def test_a_case_is_merged_and_taken_out_by_keys_alone(desk: Callable[..., Desk], say: Say, db: Database) -> None:
    first, second = say("The lamp is dark", sender=phone(1)), say("Lamp dark", sender=phone(2))
    one = desk()
    one.open(first.address)
    page = one.page
    page.keyboard.press("g")
    page.wait_for_url(re.compile("/merge$"))
    page.keyboard.type(written(second))
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=others]")
    page.focus(".filing-page form[method=post] button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(first.address) + "(#|$)"))
    assert f"merged {written(second)} into this case" in page.inner_text("#timeline")
    page.focus("form.undo button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=is a case of its own again")
    with db.reader() as session:
        assert session.get_one(Case, second.id).merged_into_id is None


def test_f_files_the_message_that_has_the_focus_elsewhere(desk: Callable[..., Desk], say: Say) -> None:
    first = say("The lamp is dark", sender=phone(1))
    say("My bin is full", sender=phone(1))
    one = desk()
    one.open(first.address)
    page = one.page
    page.keyboard.press("f")
    page.wait_for_url(re.compile("/refile$"))
    assert "My bin is full" in page.inner_text("main")
    page.go_back()
    page.focus(f"a[data-refile][href$='/{first.message_id}/refile']")
    page.keyboard.press("f")
    page.wait_for_url(re.compile(f"/{first.message_id}/refile$"))


def test_related_is_loaded_when_it_is_opened(desk: Callable[..., Desk], say: Say) -> None:
    first = say("The lamp at the market is dark", sender=phone(1))
    second = say("Lamp dark at the market", sender=phone(2))
    one = desk()
    one.open(first.address)
    page = one.page
    page.click(".related summary")
    page.wait_for_selector(f".related .loaded :text('{written(second)}')")
    assert "nearly the same words" in page.inner_text(".related")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_the_pages_of_filing_fit(desk: Callable[..., Desk], say: Say, size: tuple[int, int]) -> None:
    first = say(LONG, sender=phone(1))
    say(LONG, sender=phone(2))
    one = desk(*size)
    page = one.page
    find = f"merge?find={LONG[:20]}"
    for path in (f"messages/{first.message_id}/refile", "split", find, "related", "incident"):
        one.open(f"{first.address}/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        small = page.eval_on_selector_all(
            ".choice", "all => all.filter(one => one.getBoundingClientRect().height < 44).length"
        )
        assert small == 0, path
