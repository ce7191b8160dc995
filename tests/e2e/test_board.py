"""The board of the whole product: a citizen's words are on the wall within seconds, and what has stopped is seen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE, WHO, Agent
from tests.e2e.test_live_killed import Citizens, kill
from tests.integration import processes

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
UNASSIGNED = ".big5 .bx:has-text('No agent') .v"


@pytest.fixture
def wall(product: Product, browser: Any) -> Iterator[Any]:
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.set_default_timeout(PATIENCE)
    Agent(page, product).log_in(WHO)
    page.goto(f"{product.address}/board")
    page.locator(".numbers:not(.frozen) [data-age]", has_text="Live").wait_for()
    yield page
    page.context.close()


@contextmanager
def stopped(product: Product, words: bytes) -> Iterator[None]:
    """Let the processes of a kind stand still for a while."""
    found = []
    for pid in processes.of(product.data):
        with suppress(FileNotFoundError, ProcessLookupError):
            if words in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGSTOP)
                found.append(pid)
    assert found, words
    try:
        yield
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


def unassigned(page: Any) -> int:
    return int(page.locator(UNASSIGNED).inner_text().split()[0])


def becomes(page: Any, number: int) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while unassigned(page) < number:
        assert time.monotonic() < until, f"{unassigned(page)} of {number}"
        page.wait_for_timeout(100)


def test_what_a_citizen_writes_is_on_the_wall_and_opens_from_there(product: Product, wall: Any) -> None:
    before, citizens = unassigned(wall), Citizens(product)
    citizens.number = 500
    citizens.write(3)
    becomes(wall, before + 3)
    wall.locator(".big5 .bx", has_text="No agent").click()
    wall.wait_for_selector(".qrow")
    assert wall.locator(".qrow").count() == before + 3
    assert "Board: Unassigned" in wall.inner_text("#queue")


def test_a_board_whose_counting_stands_still_looks_frozen_until_it_goes_on(product: Product, wall: Any) -> None:
    before, citizens = unassigned(wall), Citizens(product)
    citizens.number = 600
    with stopped(product, b"workers.ticker"):
        citizens.write(1)
        wall.locator(".numbers.frozen .standstill", has_text="No news since").wait_for()
        assert unassigned(wall) == before
    wall.locator(".numbers:not(.frozen)").wait_for()
    becomes(wall, before + 1)


def test_without_the_live_process_it_says_so_and_asks_by_itself(product: Product, wall: Any) -> None:
    before, citizens = unassigned(wall), Citizens(product)
    citizens.number = 700
    for _ in range(2):
        kill(product)
        wall.locator("[data-age]", has_text="No live line, asked every 5 s").wait_for()
        citizens.write(1)
        wall.locator(".numbers:not(.frozen) [data-age]", has_text="Live").wait_for()
    becomes(wall, before + 2)


def test_a_board_whose_server_stands_still_looks_frozen(product: Product, wall: Any) -> None:
    with stopped(product, b"contactcentre.wsgi:app"):
        wall.locator(".numbers.frozen .standstill", has_text="No news since").wait_for()
        wall.locator("[data-age]", has_text="No answer").wait_for()
    wall.locator(".numbers:not(.frozen)").wait_for()
