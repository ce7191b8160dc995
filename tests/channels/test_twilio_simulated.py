"""The double in the simulator over real HTTP, with the real hooks and the real adapter."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from cases.messages import Address, AddressKind, OutboundMessage
from channels.errors import BadAddress, GatewayDown, RecipientBlocked, SendError, Throttled
from channels.sms.twilio import TwilioSms
from config.settings import Settings, load
from contactcentre.app import create_app
from contactcentre.cli.release import SIMULATED, write_simulated
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.simulator import phone
from contactcentre.simulator.app import create_app as create_simulator
from contactcentre.simulator.host import Host
from tests.channels.test_twilio_signature import make_container
from tests.channels.twilio_account import ACCOUNT, NUMBER, SID
from tests.channels.twilio_citizen import CITIZEN, MESSAGE
from tests.integration.callbacks import came_in, raw_rows


def serve(app: Flask, port: int = 0) -> tuple[str, Callable[[], None]]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

    return f"http://127.0.0.1:{server.server_port}", stop


def eventually(check: Callable[[], object], *, within: float = 10.0) -> None:
    until = time.monotonic() + within
    while not check():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


class Town:
    """An installation and the simulator beside it."""

    def __init__(self, settings: Settings, db: Database, folder: Path) -> None:
        self._folder = folder
        holder = Flask("placeholder")  # its address is needed before there is an application for it
        self.web, self._stop_web = serve(holder)
        self._start_simulator()
        changes = {"base_url": self.web, "simulator_url": self.simulator, "data": folder}
        self.container: Container = make_container(settings, db, folder, **changes)
        holder.wsgi_app = create_app(self.container).wsgi_app  # type: ignore[method-assign]
        write_simulated(folder / SIMULATED, self.container)
        self.channel: TwilioSms = self.container.accounts[ACCOUNT]

    def _start_simulator(self, port: int = 0) -> None:
        app = create_simulator(load(self._folder, {"CONTACTCENTRE_CONFIG": str(self._folder)}))
        self.host: Host = phone.host_of(app)
        self.simulator, self._stop_simulator = serve(app, port)

    def write(self, text: str) -> dict[str, Any]:
        answer = requests.post(
            f"{self.simulator}/simulator/api/sms", json={"from": CITIZEN, "to": NUMBER, "text": text}, timeout=10
        )
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def fault(self, mode: str) -> None:
        told = {"gateway": "twilio", "mode": mode, "seconds": 60}
        assert requests.post(f"{self.simulator}/simulator/api/faults", json=told, timeout=10).ok

    def refusals(self) -> list[str]:
        items = requests.get(f"{self.simulator}/simulator/api/ledger", timeout=10).json()["items"]
        return [item["state"] for item in items if item["direction"] == "refused"]

    def restart_simulator(self) -> None:
        self.host.close()
        self._stop_simulator()
        self._start_simulator(urlsplit(self.simulator).port or 0)

    def close(self) -> None:
        self.host.close()
        self._stop_simulator()
        self._stop_web()
        self.container.jobs.connection().flushdb()


@pytest.fixture
def town(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Town]:
    made = Town(settings, db, tmp_path)
    yield made
    made.close()


def test_the_release_tells_the_simulator_the_token_and_the_account(town):
    rows = {row["id"]: row for row in json.loads((town._folder / SIMULATED).read_text())}
    assert set(rows) == {"sms-front", "sms-works", ACCOUNT}
    row = rows[ACCOUNT]
    assert (row["gateway"], row["username"]) == ("twilio", SID)
    assert row["api_key"] == town.container.read_secret(town.container.account_settings[ACCOUNT].auth_token)
    assert row["hooks"]["incoming"].endswith("/incoming#rc=3&rp=ct,rt,5xx")
    assert rows["sms-front"]["username"] == "northport"


def test_signed_callbacks_pass_the_real_hook_and_the_answer_goes_back(town, db):
    told = town.write("The street light is out")
    eventually(lambda: town.host.ledger.find(told["id"]).state == "delivered")
    assert came_in(db) == ["The street light is out"]
    receipt = town.channel.send(MESSAGE)
    eventually(lambda: town.host.ledger.find(receipt.external_id).state == "delivered")
    listed = requests.get(f"{town.simulator}/simulator/api/sent", timeout=10).json()
    assert [(line["id"], line["gateway"], line["from"], line["to"]) for line in listed] == [
        (receipt.external_id, "twilio", NUMBER, CITIZEN)
    ]
    eventually(lambda: len(raw_rows(db)) == 3)
    assert [(raw.event, raw.state) for raw in raw_rows(db)] == [
        ("incoming", "applied"), ("delivery", "applied"), ("delivery", "applied"),
    ]  # fmt: skip
    assert {raw.headers["headers"]["user-agent"] for raw in raw_rows(db)} == {"TwilioProxy/1.1"}


def test_a_callback_with_another_token_is_refused_until_the_token_is_ours(town, db):
    path = town._folder / SIMULATED
    ours = path.read_text()
    path.write_text(ours.replace("a-token-that", "another-token-that"))
    told = town.write("Hello?")
    eventually(lambda: town.host.ledger.find(told["id"]).answer == 403)
    assert (came_in(db), raw_rows(db)) == ([], [])
    path.write_text(ours)
    town.restart_simulator()
    eventually(lambda: town.host.ledger.find(told["id"]).state == "delivered")
    assert came_in(db) == ["Hello?"]


@pytest.mark.parametrize(
    ("mode", "error", "told"),
    [("http500", GatewayDown, "answered 500"), ("http429", Throttled, "answered 429")],
)
def test_a_fault_reaches_the_adapter_and_ends(town, mode, error, told):
    town.fault(mode)
    with pytest.raises(error) as caught:
        town.channel.send(MESSAGE)
    assert caught.value.retry_after == (2 if error is Throttled else None)
    assert town.refusals() == [told]
    town.fault("ok")
    assert town.channel.send(MESSAGE).external_id


def test_a_refused_number_and_one_that_said_stop_are_errors_of_the_adapter(town):
    refused = OutboundMessage(ACCOUNT, Address(AddressKind.PHONE, "+233200010000"), "Hello", "o-2")
    with pytest.raises(BadAddress):
        town.channel.send(refused)
    told = town.write("STOP")
    with pytest.raises(RecipientBlocked):
        town.channel.send(MESSAGE)
    assert {state.split()[0] for state in town.refusals()} == {"21211", "21610"}
    assert len(town.refusals()) == 2
    eventually(lambda: town.host.ledger.find(told["id"]).state == "delivered")


def test_an_unknown_outcome_is_settled_by_looking_it_up_also_after_the_gateway_started_anew(town, monkeypatch):
    monkeypatch.setattr("channels.twilio_client.TIMEOUT", (2.0, 0.5))
    since = datetime.now(UTC)
    assert town.channel.find(MESSAGE, since) is None
    town.fault("accept-then-hang")
    with pytest.raises(SendError) as caught:
        town.channel.send(MESSAGE)
    assert caught.value.unknown
    found = town.channel.find(MESSAGE, since)
    (listed,) = requests.get(f"{town.simulator}/simulator/api/sent", timeout=10).json()
    assert found is not None
    assert found.external_id == listed["id"]
    town.fault("timeout")
    lost = OutboundMessage(ACCOUNT, MESSAGE.recipient, "Another", "o-3")
    with pytest.raises(SendError) as caught:
        town.channel.send(lost)
    assert caught.value.unknown
    town.fault("ok")
    assert town.channel.find(lost, since) is None
    town.restart_simulator()
    assert town.channel.find(MESSAGE, since) == found
    assert town.channel.find(lost, since) is None


def test_what_the_hooks_missed_is_found_in_the_inbox(town, db):
    since = datetime.now(UTC)
    ids = [town.write(text)["id"] for text in ("One", "Two", "Three")]
    town.channel.send(MESSAGE)
    found = list(town.channel.inbox(since))
    assert [(message.external_id, message.text) for message in found] == list(
        zip(ids, ("One", "Two", "Three"), strict=True)
    )
    assert {(m.account, m.channel, m.sender.value, m.recipient) for m in found} == {(ACCOUNT, "sms", CITIZEN, NUMBER)}
    assert all(message.sent_at is not None for message in found)
    assert list(town.channel.inbox(since + timedelta(hours=1))) == []
    town.restart_simulator()
    assert [message.external_id for message in town.channel.inbox(since)] == ids


def test_the_page_offers_the_account_and_its_faults(town):
    page = requests.get(f"{town.simulator}/simulator", timeout=10)
    assert f"SMS with {NUMBER}" in page.text
    faults = requests.get(f"{town.simulator}/simulator/api/ledger", timeout=10).json()["faults"]
    assert set(faults) == {"africastalking", "twilio"}
