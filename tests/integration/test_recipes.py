"""The two recipes: a channel is one folder and an account block, a department is one file."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select, update

import channels
from cases.models import Case, Message, OutboxEntry
from cases.references import written
from channels import registry
from config import loader
from config.settings import Settings, load
from contactcentre import configurations
from contactcentre.app import create_app
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import TEST_CITY, phone, write_secrets
from tests.integration.callbacks import came_in, hook, sms, states
from tests.web.conftest import Browser, make_agent
from workers import deliver

SHIPPED = Path(__file__).parents[2] / "config"

PIGEON = '''
"""Pigeons that bring a note and take one back to whoever owns their home."""

from dataclasses import dataclass
from typing import ClassVar

from cases.messages import Address, AddressKind, InboundMessage, Receipt
from channels.errors import Refused
from channels.settings import AccountSettings, Secret
from channels.webhook import Route, WebhookReply

SENT = []


@dataclass(frozen=True, slots=True, kw_only=True)
class LoftSettings(AccountSettings):
    whistle: Secret


class Pigeon:
    """One loft."""

    kind: ClassVar[str] = "pigeon"
    gateway: ClassVar[str] = "loft"
    settings_class: ClassVar[type[AccountSettings]] = LoftSettings
    max_characters: ClassVar[int | None] = 400

    def __init__(self, settings):
        self._settings = settings

    def routes(self):
        return (Route("landed", lambda request: request.form.get("flight"), self._landed),)

    def send(self, message):
        SENT.append((self._settings.read_secret(self._settings.whistle), message))
        return Receipt(f"flight-{len(SENT)}")

    def _landed(self, request):
        if not request.form.get("note"):
            raise Refused("note", "is missing")
        home = Address(AddressKind.PHONE, request.form["home"])
        note, flight = request.form["note"], request.form["flight"]
        return WebhookReply(201, "fed"), [InboundMessage(self._settings.id, self.kind, home, "roof", note, flight)]
'''
ACCOUNT = """
[[accounts]]
id = "roof"
channel = "pigeon"
gateway = "loft"
address = "The roof"
hook_secret = "file:roof-hook"
whistle = "file:roof-whistle"

[[rules]]
key = "roof"
when = [{ account = "roof" }]
"""
LAMPS = """
name = "Street lamps"
short_name = "Lamps"

[[accounts]]
id = "sms-lamps"
channel = "sms"
gateway = "africastalking"
address = "4405"
username = "northport"
api_key = "file:sms-lamps-api-key"
hook_secret = "file:sms-lamps-hook"

[[services]]
key = "dark-street"
name = "Lamp out"
family = "service"

[[rules]]
key = "lamps"
service = "dark-street"
when = [{ account = "sms-lamps" }]

[[policies]]
key = "lamps-first"
calendar = "always-open"
[policies.targets]
first_response = { amount = 45, unit = "minutes" }

[[examples]]
account = "sms-lamps"
text = "It is dark in Mill Lane"
service = "dark-street"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the test city's configuration."""
    return Path(shutil.copytree(TEST_CITY, tmp_path / "config", ignore=shutil.ignore_patterns("__pycache__")))


@pytest.fixture
def installation(settings: Settings, db: Database, folder: Path, tmp_path: Path) -> Iterator[Container]:
    """An installation on that copy, before any of it was applied."""
    secrets = tmp_path / "data" / "secrets"
    write_secrets(secrets)
    for name in ("roof-hook", "roof-whistle", "sms-lamps-hook", "sms-lamps-api-key"):
        (secrets / name).write_text(f"{name}-0123456789abcdef")
    engines = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    made = Container(load(tmp_path / "data", {**engines, "CONTACTCENTRE_CONFIG": str(folder)}))
    made.__dict__["db"] = db
    yield made
    with Redis.from_url(settings.redis_url) as queue:
        queue.flushdb()


@pytest.fixture
def drain(installation: Container, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """The worker's job on this installation."""
    monkeypatch.setattr(deliver, "_container", None)
    deliver.use(installation)
    return deliver.drain


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Put the pigeon's folder beside the shipped channels."""
    place, before = tmp_path / "channels", set(sys.modules)
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(place)])
    registry.discover.cache_clear()

    def put() -> None:
        (place / "pigeon").mkdir(parents=True)
        (place / "pigeon" / "__init__.py").touch()
        (place / "pigeon" / "channel.py").write_text(PIGEON, encoding="utf-8")
        importlib.invalidate_caches()
        registry.discover.cache_clear()

    yield put
    for name in {name for name in set(sys.modules) - before if name.startswith("channels.pigeon")}:
        del sys.modules[name]
    vars(channels).pop("pigeon", None)
    registry.discover.cache_clear()


def apply(container: Container) -> None:
    """Apply the folder, as ``config apply`` does, and let this process follow."""
    container.db.run(
        lambda uow: configurations.apply(uow.session, folder=container.settings.config_dir, author="test", reason="t")
    )
    container._follower.refresh()


def logged_in(app: Flask, db: Database, *roles: tuple[str, str]) -> Browser:
    username = "-".join(["agent", *(department for _, department in roles)])
    viewer = db.run(lambda uow: make_agent(uow.session, username, "Agent", roles))
    browser = Browser(app.test_client(), viewer)
    assert browser.log_in(username).status_code == 303
    return browser


def only_case(db: Database) -> Case:
    with db.reader() as session:
        return session.scalars(select(Case)).one()


def sent() -> list[tuple[str, Any]]:
    return list(sys.modules["channels.pigeon.channel"].SENT)


def test_a_channel_is_one_folder_and_one_account_block(
    installation: Container, folder: Path, drop: Callable[[], None], drain: Callable[[str], int]
) -> None:
    desk = folder / "departments" / "front-desk.toml"
    desk.write_text(desk.read_text() + ACCOUNT)
    assert any("'pigeon'" in fault for fault in loader.faults(loader.read(folder))), "there is no such channel yet"
    drop()
    assert loader.faults(loader.read(folder)) == []
    apply(installation)
    app, db = create_app(installation), installation.db
    flight = {"home": phone(7).value, "note": "The quay is dark", "flight": "a"}
    for _ in range(2):
        landed = app.test_client().post(hook(installation, "landed", account="roof"), data=flight)
        assert (landed.status_code, landed.get_data()) == (201, b"fed")
    assert app.test_client().post(hook(installation, "landed", account="roof"), data={"flight": "b"}).status_code == 200
    assert states(db) == {"applied": 1, "quarantined": 1}
    case = only_case(db)
    assert (case.channel, case.account, case.department) == ("pigeon", "roof", "front-desk")

    assert drain("roof") == 1
    ((whistle, acknowledgement),) = sent()
    assert whistle == "roof-whistle-0123456789abcdef"
    assert acknowledgement.recipient == phone(7)
    assert re.search(
        rf"Northport has your message\. Reference {written(case.reference)}, code \d{{4}}\.", acknowledgement.text
    )

    agent = logged_in(app, db, ("agent", "front-desk"))
    agent.get(f"/desk/cases/{written(case.reference)}")
    assert "The quay is dark" in agent.page
    assert agent.send("/replies", text="A lamp is on its way.", how="send").status_code == 303
    # The time in which it may be taken back is over.
    db.run(lambda uow: uow.session.execute(update(OutboxEntry).values(not_before=OutboxEntry.created_at)))
    assert drain("roof") == 1
    assert [message.text for _, message in sent()][1:] == ["A lamp is on its way."]
    with db.reader() as session:
        left = session.execute(select(Message.channel, Message.external_id).where(Message.direction == "out"))
        assert left.all() == [("pigeon", "flight-1"), ("pigeon", "flight-2")]
    app.test_client().post(hook(installation, "landed", account="roof"), data={**flight, "note": "Ta", "flight": "c"})
    assert only_case(db).last_speaker == "citizen"


def test_a_department_is_one_file(installation: Container, folder: Path) -> None:
    apply(installation)
    app, db = create_app(installation), installation.db
    form = sms("It is dark in Mill Lane")
    assert (
        app.test_client().post("/hooks/sms-lamps/sms-lamps-hook-0123456789abcdef/incoming", data=form).status_code
        == 404
    )

    (folder / "departments" / "lamps.toml").write_text(LAMPS)
    apply(installation)
    assert installation.city.departments["lamps"].name == "Street lamps"
    assert app.test_client().post(hook(installation, account="sms-lamps"), data=form).status_code == 200
    assert came_in(db) == ["It is dark in Mill Lane"]
    case = only_case(db)
    assert (case.department, case.service, case.family) == ("lamps", "dark-street", "service")
    assert (case.due_at - case.opened_at).total_seconds() == 45 * 60, "the department's own promise"

    address = f"/desk/cases/{written(case.reference)}"
    theirs = logged_in(app, db, ("agent", "lamps"))
    assert case.reference in theirs.get("/desk").get_data(as_text=True)
    assert theirs.get(address).status_code == 200
    others = logged_in(app, db, ("agent", "front-desk"))
    assert case.reference not in others.get("/desk").get_data(as_text=True)
    assert others.get(address).status_code == 404


@pytest.mark.parametrize("city", [TEST_CITY, SHIPPED], ids=["the test city", "the shipped city"])
def test_the_file_fits_beside_any_others_and_its_example_is_checked(tmp_path: Path, city: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(city, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    place = folder / "departments" / "lamps.toml"
    place.write_text(LAMPS)
    assert loader.faults(loader.read(folder)) == []
    place.write_text(LAMPS.replace('when = [{ account = "sms-lamps" }]', 'when = [{ account = "sms-front" }]'))
    (wrong,) = [one for one in loader.faults(loader.read(folder)) if one.startswith("departments/lamps.toml: examples")]
    assert "text: goes to the tray" in wrong
