"""A browser without a browser: the application on real engines, and agents who log in and send forms."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cases.permissions import Viewer
from contactcentre.db import Database
from tests import factories
from tests.application import application
from tests.e2e import chromium

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
PASSWORD = "a long enough password"
# The stored hash says how much work it is: at the product's own cost each log-in takes a tenth of a second.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Browser:
    """One agent's browser: keeps cookies, finds a form by its address, fills it in and sends it."""

    client: FlaskClient
    viewer: Viewer | None = None
    page: str = field(default="", repr=False)

    def get(self, address: str, **more: Any) -> TestResponse:
        return self._kept(self.client.get(address, **more))

    def fields(self, form: str) -> dict[str, str]:
        """Return the hidden values of the form whose address ends with ``form``, those by ``form=`` included."""
        found = re.search(
            rf'<form\b[^>]*action="[^"?]*{re.escape(form)}(?:\?[^"]*)?"[^>]*>.*?</form>', self.page, re.DOTALL
        )
        assert found, f"the page has no form {form}"
        own_id = re.search(r'<form\b[^>]*\bid="([^"]+)"', found.group())
        inputs = _INPUT.findall(found.group())
        if own_id:
            inputs += [one for one in _INPUT.findall(self.page) if f'form="{own_id.group(1)}"' in one]
        values = [dict(_ATTRIBUTE.findall(one)) for one in inputs]
        return {one["name"]: unescape(one.get("value", "")) for one in values if one.get("type") == "hidden"}

    def send(self, form: str, **values: Any) -> TestResponse:
        """Send the form at the page, as a press of its button would."""
        found = re.search(rf'action="([^"?]*{re.escape(form)}(?:\?[^"]*)?)"', self.page)
        assert found, f"the page has no form {form}"
        return self._kept(self.client.post(unescape(found.group(1)), data={**self.fields(form), **values}))

    def log_in(self, username: str, password: str = PASSWORD, **values: str) -> TestResponse:
        self.get("/login")
        return self.send("/login", username=username, password=password, **values)

    def _kept(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html":
            self.page = answer.get_data(as_text=True)
        answer.get_data()
        answer.close()
        return answer


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium.browser() as started:
        yield started


@pytest.fixture
def app(container: Container) -> Flask:
    made = application(container)
    made.testing = True
    return made


@pytest.fixture
def anybody(app: Flask) -> Browser:
    """Somebody who has not logged in."""
    return Browser(app.test_client())


@pytest.fixture
def agent(app: Flask, db: Database) -> Callable[..., Browser]:
    """Make an agent with these roles (an agent everywhere by default), logged in by the form."""

    def make(*roles: tuple[str, str], name: str = "Agent") -> Browser:
        username = f"{name.lower()}-{secrets.token_hex(3)}"
        viewer = db.run(lambda uow: make_agent(uow.session, username, name, roles or (("agent", "*"),)))
        browser = Browser(app.test_client(), viewer)
        assert browser.log_in(username).status_code == 303
        return browser

    return make


def make_agent(session: Any, username: str, name: str, roles: tuple[tuple[str, str], ...]) -> Viewer:
    from cases.models import Agent

    viewer = factories.make_agent(session, name, *roles)
    row = session.get(Agent, viewer.id)
    row.username, row.password_hash = username, _HASH
    return viewer


@dataclass(frozen=True)
class Opened:
    """A case that a citizen opened."""

    id: int
    reference: str
    message_id: int

    @property
    def address(self) -> str:
        return f"/desk/cases/{self.reference[:4]}-{self.reference[4:]}"


@pytest.fixture
def say(container: Container, db: Database) -> Callable[..., Opened]:
    """A citizen writes."""
    from cases.models import Case

    def write(text: str, **values: Any) -> Opened:
        def work(uow: Any) -> Opened:
            received = factories.say(uow.session, container.city, text, **values)
            case = uow.session.get(Case, received.case_id)
            return Opened(case.id, case.reference, received.message_id)

        return db.run(work)

    return write
