"""Calls at the hooks themselves: real requests to the application, by whoever knows the secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contactcentre.live_events import CHANNEL
from tests.calls.centre import ACCOUNT, Centre
from tests.calls.line import OURS
from tests.calls.test_waiting import AMA, waits

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def client(desk: Centre) -> FlaskClient:
    from contactcentre.app import create_app

    return create_app(desk).test_client()


def hook(desk: Centre, event: str) -> str:
    return f"/hooks/{ACCOUNT}/{desk.read_secret(desk.account_settings[ACCOUNT].hook_secret)}/{event}"


def told(what: str, **more: Any) -> dict[str, Any]:
    return {"session": "s-1", "line": OURS, "caller": "+233200000001", "what": what, **more}


def test_the_events_of_calls_are_answered_with_documents(desk: Centre, client: FlaskClient) -> None:
    page = client.post(hook(desk, "call"), json=told("begun"))
    assert (page.status_code, page.json["steps"][0]["step"]) == (200, "Ask")
    address = page.json["next"]
    assert address.endswith(f"{hook(desk, 'call')}?turn=1")
    for event, what in (("status", "other"), ("recording", "kept"), ("dequeue", "taken")):
        assert client.post(hook(desk, event), json=told(what)).json["steps"] == []
    client.post(hook(desk, "status"), json=told("ended", seconds=40))
    assert [one.state for one in [desk.call(desk.calls(session="s-1"))]] == ["ended"]


def test_who_does_not_know_the_secret_learns_nothing(desk: Centre, client: FlaskClient) -> None:
    assert client.post(f"/hooks/{ACCOUNT}/wrong/call", json=told("begun")).status_code == 404
    assert client.post(hook(desk, "delivery"), json=told("begun")).status_code == 404


def test_with_the_database_away_a_caller_hears_that_we_have_trouble(
    desk: Centre, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contactcentre.db import Unavailable

    def away(_: object) -> None:
        raise Unavailable("the database cannot be reached")

    path = hook(desk, "call")
    desk.menus  # noqa: B018  known before
    monkeypatch.setattr(desk.db, "run", away)
    page = client.post(path, json=told("begun"))
    assert (page.status_code, page.json["steps"][-1]["step"]) == (200, "HangUp")
    assert page.json["steps"][0]["prompts"][0]["text"] == "trouble"


def test_an_agent_whose_telephone_rings_is_told_at_once(desk: Centre) -> None:
    import psycopg

    ama = desk.agent("Ama", AMA)
    url = desk.settings.database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"listen {CHANNEL}")
        assert waits(desk, "+233200000001").rings == AMA
        notice = next(iter(connection.notifies(timeout=5, stop_after=1)))
    assert json.loads(notice.payload) == {"agents": [ama.id]}
