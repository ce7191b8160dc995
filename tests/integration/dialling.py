"""Phones that dial the shipped city's code, by the gateway's own requests to the real application."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from config import loader
from config.settings import Settings
from contactcentre import configurations
from contactcentre.db import Database

if TYPE_CHECKING:
    from contactcentre.container import Container

SHIPPED = Path(__file__).parents[2] / "config"
ACCOUNT = "ussd-at"
CODE = "*920*14#"
_sessions = itertools.count(1)
Dial = Callable[..., "Dialled"]


@contextmanager
def shipped(settings: Settings, db: Database, folder: Path = SHIPPED) -> Iterator[Container]:
    """Give a container on the shipped city, or on a folder that was made from it."""
    from channels.settings import secrets_of
    from contactcentre.container import Container

    made = Container(replace(settings, config_dir=folder))
    made.__dict__["db"] = db
    for account in loader.draft_with_menus(loader.read(folder)).accounts:
        for secret in secrets_of(account).values():
            path = settings.secrets_dir / secret.reference.partition(":")[2]
            path.write_text(f"{path.name}-0123456789abcdef0123456789abcdef")
    db.run(lambda uow: configurations.apply(uow.session, folder=folder, author="test", reason="test"))
    yield made


class Dialled:
    """One session of one phone, as Africa's Talking carries it: each request repeats all that was keyed in."""

    def __init__(self, app: Flask, container: Container, phone: str, *, session: str = "", code: str = CODE) -> None:
        secret = container.read_secret(container.account_settings[ACCOUNT].hook_secret)
        self.app, self.hook = app, f"/hooks/{ACCOUNT}/{secret}/session"
        self.session = session or f"ATUid_{next(_sessions):032d}"
        self.form = {"sessionId": self.session, "serviceCode": code, "phoneNumber": phone, "networkCode": "62001"}
        self.text, self.screen, self.ends, self.turns = "", "", False, 0

    def dial(self, text: str = "") -> str:
        self.text = text
        return self.post()

    def keys(self, *inputs: str) -> str:
        for one in inputs:
            self.text = f"{self.text}*{one}" if self.text else one
            self.post()
        return self.screen

    def post(self, **changes: str) -> str:
        """Send the request as it stands, once more if need be."""
        answer = self.app.test_client().post(self.hook, data={**self.form, "text": self.text, **changes})
        assert answer.status_code == 200, answer.status_code
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        body = answer.get_data(as_text=True)
        assert body[:4] in ("CON ", "END "), body
        assert len(body) <= 120, body
        assert body.isascii(), body
        self.screen, self.ends, self.turns = body[4:], body.startswith("END"), self.turns + 1
        return self.screen

    def until_asked(self) -> str:
        """Ask for more while a screen has more pages; returns all that was said."""
        said = self.screen
        while "00 More" in self.screen:
            said += " " + self.keys("00")
        return said

    def until_ended(self) -> str:
        """Ask for more while a last screen has more pages; returns all that was said."""
        said = self.screen
        while not self.ends:
            assert "00 More" in self.screen
            said += " " + self.keys("00")
        return said.replace("\n00 More", "")


def report(dialled: Dialled, words: str = "The street light is out", place: str = "Beach Road") -> str:
    """Report a problem; returns what the last screen said."""
    dialled.dial()
    dialled.keys("1", words, place)
    if dialled.screen.startswith("Which place"):
        dialled.keys("1")
    dialled.keys("1")
    return dialled.until_ended()


def rows(db: Database, model: Any) -> list[Any]:
    from sqlalchemy import select

    with db.reader() as session:
        return list(session.scalars(select(model).order_by(model.id)))
