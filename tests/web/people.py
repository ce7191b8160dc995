"""What the tests of people and their log-ins share: a code as a telephone makes it, links, an administrator."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
from sqlalchemy import select

from cases import clock
from cases.models import Agent
from contactcentre.auth import sealed, second_factor
from contactcentre.db import Database
from tests.web.conftest import Browser

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
GOOD = "goat lantern river"


def code(db: Database, secret: str, *, steps: int = 0) -> str:
    """Return the code that a telephone shows now, or so many steps later."""
    with db.reader() as session:
        at = clock.now(session) + timedelta(seconds=second_factor.STEP_SECONDS * steps)
    return pyotp.HOTP(secret).at(int(at.timestamp()) // second_factor.STEP_SECONDS)


def set_up(container: Container, browser: Browser) -> tuple[str, list[str]]:
    """Set up a second factor in a browser; returns its secret and the recovery codes."""
    browser.get("/account/second-factor")
    assert browser.send("/account/second-factor").status_code == 303
    browser.get("/account/second-factor")
    with container.db.reader() as session:
        key = container.derived_key(sealed.PURPOSE)
        secret = second_factor.pending(session, key, browser.viewer.id if browser.viewer and browser.viewer.id else 0)
    assert secret is not None
    assert browser.send("/second-factor/confirm", code=code(container.db, secret)).status_code == 200
    return secret, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", browser.page)


def username_of(db: Database, browser: Browser) -> str:
    """Return whose browser it is."""
    with db.reader() as session:
        return session.scalars(select(Agent.username).where(Agent.id == browser.viewer.id)).one()  # type: ignore[union-attr]


def link_on(page: str) -> str:
    """Return the way of the link that a page shows."""
    found = re.search(r"(/welcome/[\w-]{43})", page)
    assert found, "the page shows no link"
    return found.group(1)
