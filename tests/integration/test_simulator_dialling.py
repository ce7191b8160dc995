"""The phone page's dialling: the double speaks to the real application's hook over HTTP, and keeps what passed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from cases.models import Case, DialogueSession, RawRequest
from channels.voice.values import EVENTS
from config.settings import Settings, load
from contactcentre.cli.release import write_simulated
from contactcentre.db import Database
from contactcentre.simulator import asking
from contactcentre.simulator.app import create_app
from tests.integration.dialling import CODE, SHIPPED, rows, shipped
from tests.integration.processes import eventually
from tests.integration.test_simulator import serve

PHONE = "+233200000801"
Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Ask]:
    """Serve the product and the simulator, each on a port; returns what posts to the simulator's API."""
    from contactcentre.app import create_app as product

    with shipped(settings, db) as container:
        web, stop_web = serve(product(container))
        write_simulated(tmp_path / "simulator" / "accounts.json", container)
        text = (tmp_path / "simulator" / "accounts.json").read_text()
        (tmp_path / "simulator" / "accounts.json").write_text(text.replace(settings.base_url, web))
        phones = create_app(load(tmp_path, {"CONTACTCENTRE_CONFIG": str(SHIPPED)}))
        url, stop = serve(phones)

        def post(path: str, data: Any = None) -> requests.Response:
            where = f"{url}/simulator/api/{path}"
            return requests.get(where, timeout=20) if data is None else requests.post(where, json=data, timeout=20)

        yield post
        asking.host_of(phones).close()
        stop()
        stop_web()


def test_a_code_is_dialled_and_a_problem_reported(ask: Ask, db: Database) -> None:
    answer = ask("ussd", {"phone": PHONE, "code": CODE})
    assert answer.status_code == 200
    begun = answer.json()
    assert begun["text"].startswith("STMA. Free for you")
    assert begun["end"] is False
    for one in ("1", "The lamp is out", "Beach Road", "1", "1"):
        last = ask("ussd", {"session": begun["session"], "input": one}).json()
    assert last["end"] is True
    assert "Your reference is" in last["text"]
    assert len(rows(db, Case)) == 1
    turns = ask("ledger?turns=0").json()["turns"]
    assert [one["number"] for one in turns] == list(range(1, 7))
    assert {one["answer"] for one in turns} == {200}
    assert turns[0]["asked"].startswith(f"sessionId={begun['session']}&serviceCode=%2A920%2A14%23")
    assert turns[-1]["answered"].startswith("END Received.")
    assert ask(f"ledger?turns={turns[-1]['number']}").json()["turns"] == []
    assert ask("ledger?phone=%2B233200000999").json()["turns"] == []
    assert eventually(lambda: rows(db, DialogueSession)[0].ended_as == "Success", seconds=10)


def test_a_gateway_that_asks_twice_gets_one_answer(ask: Ask, db: Database) -> None:
    assert ask("faults", {"gateway": "africastalking", "mode": "duplicate-reports", "seconds": 60}).status_code == 200
    session = ask("ussd", {"phone": PHONE, "code": CODE}).json()["session"]
    for one in ("1", "The lamp is out", "Beach Road", "1", "1"):
        last = ask("ussd", {"session": session, "input": one}).json()
    assert last["end"] is True
    assert len(rows(db, Case)) == 1
    assert len([one for one in rows(db, RawRequest) if one.event == "session"]) == 6


def test_hanging_up_is_told_and_the_next_call_goes_on(ask: Ask, db: Database) -> None:
    session = ask("ussd", {"phone": PHONE, "code": CODE}).json()["session"]
    for one in ("1", "The lamp is out"):
        ask("ussd", {"session": session, "input": one})
    assert ask("ussd/end", {"session": session}).json() == {"session": session, "end": True}
    assert eventually(lambda: rows(db, DialogueSession)[0].ended_as == "Incomplete", seconds=10)
    assert ask("ussd", {"session": session, "input": "1"}).status_code == 409
    assert ask("ussd", {"phone": PHONE, "code": CODE}).json()["text"].startswith("You were cut off.")


@pytest.mark.parametrize(
    ("path", "data", "field", "status"),
    [
        ("ussd", {"phone": "12", "code": CODE}, "phone", 400),
        ("ussd", {"phone": PHONE}, "code", 400),
        ("ussd", {"phone": PHONE, "code": "*1#"}, "code", 400),
        ("ussd", {"session": 5, "input": "1"}, "session", 400),
        ("ussd", {"session": "x", "input": 1}, "input", 400),
        ("ussd", {"session": "x", "input": "1" * 183}, "input", 400),
        ("ussd", {"session": "x", "input": "1"}, "session", 409),
        ("ussd/end", {"session": "x"}, "session", 409),
        ("ussd", [1], "body", 400),
    ],
)
def test_what_cannot_be_dialled_is_named(ask: Ask, path: str, data: Any, field: str, status: int) -> None:
    answer = ask(path, data)
    assert (answer.status_code, answer.json()["field"]) == (status, field), json.dumps(answer.json())


def test_the_simulator_is_told_of_the_lines_with_all_four_callbacks(ask: Ask, tmp_path: Path) -> None:
    rows = {row["id"]: row for row in json.loads((tmp_path / "simulator" / "accounts.json").read_text())}
    for name, suffix in (("voice-at", ""), ("voice-tw", "#rc=2&ct=2000&rt=5000&rp=ct,rt,5xx")):
        assert tuple(rows[name]["hooks"]) == EVENTS
        assert all(url.endswith(f"/{event}{suffix}") for event, url in rows[name]["hooks"].items())
        assert rows[name]["api_key"] and rows[name]["username"]
    assert ask("ringing?number=%2B233200000771").json() == []
