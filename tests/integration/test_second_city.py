"""An invented city in another country: released, served and spoken to, with no word of the shipped one anywhere."""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from redis import Redis
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from cases.messages import AddressKind
from cases.models import Address, Case, Message
from cases.references import written
from config.settings import Settings, load
from contactcentre.app import create_app
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.engines import ports
from contactcentre.simulator import app as simulator_app
from contactcentre.simulator import phone
from tests.factories import TEST_CITY
from tests.house.test_rules import city_words
from tests.house.tree import ROOT
from tests.integration.commands import commands, environment
from tests.integration.processes import eventually
from tests.web.conftest import Browser, make_agent
from workers import deliver

SHIPPED = ROOT / "config"
CITIZEN = "+64215550101"
ROLES = (("agent", "*"), ("supervisor", "*"), ("administrator", "*"))


def shipped_words() -> set[str]:
    """Return what only the shipped city says: its own words, its departments and services, its numbers and money."""
    organisation = tomllib.loads((SHIPPED / "organisation.toml").read_text(encoding="utf-8"))
    departments = [tomllib.loads(path.read_text(encoding="utf-8")) for path in (SHIPPED / "departments").glob("*.toml")]
    named = [one["name"] for one in departments]
    named += [service["name"] for one in departments for service in one.get("services", [])]
    numbers = [account["address"] for one in departments for account in one.get("accounts", [])]
    said = {name.casefold() for name in named if " " in name} | {number for number in numbers if len(number) > 6}
    return city_words(ROOT) | said | {organisation["currency"].casefold(), organisation["timezone"].casefold()}


WORDS = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(re.escape(word) for word in sorted(shipped_words(), key=len, reverse=True))})(?![^\W_])",
    re.IGNORECASE,
)


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any, **__: Any) -> None:
        """Say nothing."""


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class City:
    """The running city: its pages, and a citizen's phone beside it."""

    def __init__(self, container: Container, app: Flask) -> None:
        self.container, self.app = container, app
        self.simulator = f"{container.settings.simulator_url}/simulator"

    def text(self, words: str, *, to: str = "4404") -> str:
        """Write to the city from the citizen's phone, let the worker send, and return the newest answer."""
        written_ = requests.post(
            f"{self.simulator}/api/sms", json={"from": CITIZEN, "to": to, "text": words}, timeout=10
        )
        assert written_.status_code == 201, written_.text
        before = len(self.answers())
        account = written_.json()["account"]
        assert eventually(lambda: deliver.drain(account), seconds=20), "nothing was sent"
        answers = self.answers()
        assert len(answers) == before + 1
        return answers[-1]

    def answers(self) -> list[str]:
        found = requests.get(f"{self.simulator}/api/sent", params={"to": CITIZEN}, timeout=10).json()
        return [one["text"] for one in found]

    def browser(self, *roles: tuple[str, str]) -> Browser:
        name = "-".join(["northporter", *(role for role, _ in roles)])
        viewer = self.container.db.run(lambda uow: make_agent(uow.session, name, "Northporter", roles))
        made = Browser(self.app.test_client(), viewer)
        assert made.log_in(name).status_code == 303
        return made


@pytest.fixture
def city(
    settings: Settings,
    db: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[City]:
    """Northport, from an empty data folder through the release step to its processes."""
    web, simulator = ports.free("127.0.0.1"), ports.free("127.0.0.1")
    told = environment(settings) | {
        "CONTACTCENTRE_DATA": str(tmp_path / "data"),
        "CONTACTCENTRE_CONFIG": str(TEST_CITY),
        "CONTACTCENTRE_BASE_URL": f"http://127.0.0.1:{web}",
        "CONTACTCENTRE_SIMULATOR_URL": f"http://127.0.0.1:{simulator}",
        "CONTACTCENTRE_POOL_SIZE": "6",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as run:
        code, _, err = run("release")
        assert code == 0, err
    container = Container(load())
    monkeypatch.setattr(deliver, "_container", None)
    deliver.use(container)
    app, phones = create_app(container), simulator_app.create_app(container.settings)
    with served(app, web), served(phones, simulator):
        yield City(container, app)
        phone.host_of(phones).close()
    with Redis.from_url(settings.redis_url) as queue:
        queue.flushdb()
    container.close()


def test_a_text_message_is_acknowledged_in_the_citys_own_words(city: City) -> None:
    told = city.text("The lamp by the ferry is out")
    with city.container.db.reader() as session:
        case = session.scalars(select(Case)).one()
        stored = session.scalars(select(Message.text).where(Message.direction == "out")).one()
    reference = written(case.reference)
    (code,) = re.findall(r"code (\d{4})\.", told)
    assert told == (
        f"Northport has your message. Reference {reference}, code {code}. "
        f"Text STATUS {reference} to follow it. Emergencies: 111."
    )
    assert stored == told.replace(f"code {code}", "code {code}")
    assert (case.department, case.account) == ("front-desk", "sms-front")


def test_a_number_without_its_country_is_of_this_country(city: City) -> None:
    city.text("The lamp by the ferry is out")
    secret = city.container.read_secret(city.container.account_settings["sms-works"].hook_secret)
    form = {"from": "0215550101", "to": "+6421555142", "text": "Water on the quay", "id": "1"}
    assert city.app.test_client().post(f"/hooks/sms-works/{secret}/incoming", data=form).status_code == 200
    with city.container.db.reader() as session:
        assert session.execute(select(Address.kind, Address.value)).all() == [(AddressKind.PHONE, CITIZEN)]


def test_no_word_of_the_shipped_city_is_said(city: City) -> None:
    city.text("The lamp by the ferry is out")
    with city.container.db.reader() as session:
        reference = session.scalars(select(Case.reference)).one()
    for words in (f"status {reference}", f"status {reference} 0000", "lang xx", "stop"):
        city.text(words)
    spoken = "\n".join(city.answers())
    assert spoken.count("Northport") >= 2
    assert WORDS.findall(spoken) == []
    pages = {**pages_of_nobody(city, reference), **pages_of_agents(city, reference)}
    assert {address: WORDS.findall(page) for address, page in pages.items() if WORDS.search(page)} == {}
    for address in ("/login", "agent /desk", "agent /desk?view=all"):
        assert "Northport" in pages[address]


def pages_of_nobody(city: City, reference: str) -> dict[str, str]:
    """Return what anybody can see: log-in, errors, the description of the API and its pages, the phone page."""
    web = city.app.test_client()
    described = web.get("/api/v1/openapi.json").get_data(as_text=True)
    calls = re.findall(r'href="(/api/docs/[^"]+)"', web.get("/api/docs").get_data(as_text=True))
    assert calls and "paths" in json.loads(described)
    addresses = [*without_arguments(city.app), *calls, "/nowhere", f"/desk/cases/{written(reference)}"]
    seen = {address: web.get(address).get_data(as_text=True) for address in addresses}
    simulated = requests.get(city.simulator, timeout=10)
    assert simulated.status_code == 200
    return seen | {"simulator": simulated.text}


def pages_of_agents(city: City, reference: str) -> dict[str, str]:
    """Return what those who work here see, each role by itself."""
    seen = {}
    for role in ROLES:
        browser = city.browser(role)
        addresses = [
            *without_arguments(city.app),
            f"/desk/cases/{written(reference)}",
            "/desk?view=all",
            "/desk?q=lamp",
        ]
        for address in addresses:
            answer = browser.get(address)
            assert answer.status_code != 500, address
            seen[f"{role[0]} {address}"] = answer.get_data(as_text=True)
    assert "lamp by the ferry" in seen[f"agent /desk/cases/{written(reference)}"]
    return seen


def without_arguments(app: Flask) -> list[str]:
    """Return the addresses that can be asked for as they stand."""
    return [rule.rule for rule in app.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ())]


@pytest.mark.parametrize(
    "said", ["Welcome to STMA", "GHS 20", "Your urban roads office", "zone: Africa/Accra", "call +233302000142"]
)
def test_a_word_of_the_shipped_city_would_be_noticed(said: str) -> None:
    assert WORDS.search(said)
