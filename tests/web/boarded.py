"""A board to look at: cases as citizens open them, a ticker that counts, and the rows behind a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cases import clock
from cases.board import projecting
from tests.web.conftest import Browser

if TYPE_CHECKING:
    from contactcentre.container import Container

_ICON = r"(?:<svg.*?</svg>)?"
_LINK = re.compile(
    rf'<a class="n [^"]*" href="([^"]+)"><span class="vh">([^<]+): </span>{_ICON}<b>([^<]*)</b>'
    r'(?:<span class="vh"> of (\d+)</span>)?',
    re.DOTALL,
)
_TOTAL = re.compile(
    rf'<a class="bx [^"]*" title="[^"]*" href="([^"]+)"><span class="k">{_ICON}([^<]+)</span> <span class="v">(\d+)',
    re.DOTALL,
)
_ROWS = re.compile(r'data-reference="([\d-]+)"')


@dataclass(frozen=True)
class Number:
    """A number of the board, and where it leads."""

    name: str
    text: str
    address: str
    of: str = ""


def counted(container: Container) -> int:
    """Let a ticker count until nothing waits."""
    zone, passed = ZoneInfo(container.city.organisation.timezone), 0
    while found := container.db.run(
        lambda uow: projecting.project(uow.session, zone, at=clock.now(uow.session))
    ):  # fmt: skip
        passed += found
    return passed


def numbers(page: str) -> list[Number]:
    """Return every number of a board with its link."""
    found = [Number(name, text, unescape(address), of) for address, name, text, of in _LINK.findall(page)]
    return [*(Number(name, text, unescape(address)) for address, name, text in _TOTAL.findall(page)), *found]


def rows(browser: Browser, address: str) -> list[str]:
    """Return the references that a list shows, page by page."""
    found: list[str] = []
    while address:
        page = browser.get(address).get_data(as_text=True)
        queue = page.partition('id="queue"')[2]
        found += [one for one in _ROWS.findall(queue) if one not in found]
        more = re.search(r'<li class="more" id="more"><a class="[^"]*" href="([^"]+)"', queue)
        address = unescape(more.group(1)) if more else ""
    return found
