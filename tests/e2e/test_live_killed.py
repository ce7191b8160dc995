"""The live process dies while cases change: when its stream is back, the page knows of every change."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from contactcentre.web.desk.pages import OVERLAP
from tests.e2e import chromium
from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE, Agent
from tests.integration import processes

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]

#: milliseconds without a change after which a page that is drawn anew is told of none
RESTED = 1000 * (OVERLAP.total_seconds() + 2)


class Citizens:
    """Strangers who write, each once, so that each makes one new case."""

    def __init__(self, product: Product) -> None:
        self._product = product
        accounts = requests.get(f"{product.address}/simulator", timeout=30).text
        self._to = accounts.partition('data-address="')[2].partition('"')[0]
        self.number = 0

    def write(self, many: int) -> None:
        for _ in range(many):
            self.number += 1
            form = {"from": f"+23320111{self.number:04d}", "to": self._to, "text": "Where do I collect the form?"}
            answer = requests.post(f"{self._product.address}/simulator/api/sms", json=form, timeout=30)
            assert answer.ok, answer.text


@pytest.fixture
def desk(product: Product, browser: Any) -> Any:
    """An agent's page with an open stream, drawn when the demo's own cases had come to rest."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    Agent(page, product).log_in("ama")
    before, now = None, changes(page)
    while before != now:
        page.wait_for_timeout(RESTED)
        before, now = now, changes(page)
    page.reload()
    live(page)
    yield page
    page.context.close()


def changes(page: Any) -> dict[str, int]:
    """Return what the server says of all cases that changed since the page was drawn."""
    asked = "fetch(document.body.dataset.changes + '?since=' + encodeURIComponent(document.body.dataset.now))"
    found: dict[str, int] = page.evaluate(f"{asked}.then((answer) => answer.json()).then((found) => found.cases)")
    return found


def live(page: Any) -> None:
    page.locator("#live-state", has_text="Live").wait_for(timeout=PATIENCE)


def told(page: Any, number: int) -> None:
    page.locator("#newbar", has_text=f"{number} case{'s' if number > 1 else ''} changed").wait_for(timeout=PATIENCE)


def kill(product: Product) -> None:
    """Kill the live process; the supervisor starts it again."""
    for pid in processes.of(product.data):
        with suppress(FileNotFoundError, ProcessLookupError):  # others come and go meanwhile
            if b"contactcentre.live:app" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


def test_what_changes_while_the_stream_is_cut_is_told_when_it_is_back(product: Product, desk: Any) -> None:
    citizens = Citizens(product)
    citizens.write(1)
    told(desk, 1)
    for _ in range(3):
        kill(product)
        desk.locator("#live-state", has_text="Every 20 s").wait_for(timeout=PATIENCE)
        citizens.write(3)
        live(desk)
        citizens.write(1)
        told(desk, citizens.number)


def test_a_question_that_fails_when_the_stream_is_back_is_asked_again(product: Product, desk: Any) -> None:
    citizens = Citizens(product)
    citizens.number = 100
    desk.route("**/desk/changes*", lambda route: route.abort())
    kill(product)
    desk.locator("#live-state", has_text="Every 20 s").wait_for(timeout=PATIENCE)
    citizens.write(2)
    desk.locator("#live-state", has_text="Offline").wait_for(timeout=PATIENCE)
    desk.unroute("**/desk/changes*")
    told(desk, 2)
    live(desk)
