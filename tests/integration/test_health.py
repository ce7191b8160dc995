"""The product's health as monitors see it, against real engines."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from cases import clock
from cases.models import ConfigurationActive, Lease, Message, OutboxEntry, RawRequest
from contactcentre import health
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.presence import sign
from contactcentre.web.health import allowed, blueprint
from tests.factories import say


@pytest.fixture
def web(container: Container) -> FlaskClient:
    """The pages of health alone, on the test container."""
    return client_of(container)


def client_of(container: Container) -> FlaskClient:
    app = Flask(__name__)
    app.extensions["contactcentre"] = container
    app.register_blueprint(blueprint)
    return app.test_client()


def all_alive(container: Container) -> None:
    def work(uow: UnitOfWork) -> None:
        for name in health.PROCESSES:
            sign(uow, name, "host:1")

    container.db.run(work)


@pytest.fixture
def away(container: Container) -> Iterator[Container]:
    """An installation whose engines do not answer: nothing listens on port 1."""
    nowhere = dataclasses.replace(
        container.settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1"
    )
    made = Container(nowhere)
    yield made
    made.close()


def test_all_well_is_200_with_each_engine_process_and_account(container: Container, web: FlaskClient) -> None:
    all_alive(container)
    answer = web.get("/health")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.get_json()
    assert (told["status"], told["faults"]) == ("ok", [])
    assert told["database"] == told["queue_server"] == {"ok": True}
    assert set(told["processes"]) == {"web", "live", "worker", "ticker", "listener"}
    assert all(one["ok"] and one["seen_at"] for one in told["processes"].values())
    assert {one["id"] for one in told["accounts"]} == set(container.city.accounts)
    assert told["raw"] == {"failed": 0, "quarantined": 0}
    assert told["configuration"] == {"version": container.city.version}


@pytest.mark.parametrize("name", health.PROCESSES)
def test_a_process_that_falls_silent_is_503_and_named(container: Container, web: FlaskClient, name: str) -> None:
    all_alive(container)
    age(container, name, seconds=29)
    assert web.get("/health").status_code == 200
    age(container, name, seconds=2)
    answer = web.get("/health")
    assert answer.status_code == 503
    assert answer.get_json()["processes"][name]["ok"] is False
    assert answer.get_json()["faults"] == [f"process {name} has given no sign of life for 30 seconds"]


def age(container: Container, name: str, *, seconds: int) -> None:
    earlier = Lease.seen_at - timedelta(seconds=seconds)
    container.db.run(
        lambda uow: uow.session.execute(update(Lease).where(Lease.name == f"process:{name}").values(seen_at=earlier))
    )


def test_a_process_that_never_came_is_missing(container: Container, web: FlaskClient) -> None:
    all_alive(container)
    container.db.run(lambda uow: uow.session.execute(delete(Lease).where(Lease.name == "process:listener")))
    told = web.get("/health").get_json()
    assert told["processes"]["listener"] == {"ok": False, "seen_at": None}
    assert told["processes"]["web"]["ok"] is True


def test_a_test_clock_that_runs_fast_does_not_kill_processes(container: Container) -> None:
    all_alive(container)
    age(container, "worker", seconds=600)
    assert not health.look(container).ok
    with container.db.reader() as session:
        anchor = clock.now(session)
    fast = dataclasses.replace(container.settings, test_clock=(anchor, timedelta(), 60.0))
    container.settings = fast
    assert health.look(container).ok


def test_accounts_show_last_messages_and_what_waits(container: Container, web: FlaskClient) -> None:
    account, other = list(container.city.accounts)[:2]
    container.db.run(lambda uow: say(uow.session, container.city, "The gutter is choked", account=account))
    container.db.run(
        lambda uow: uow.session.execute(update(OutboxEntry).values(created_at=OutboxEntry.created_at - hours(2)))
    )
    told = {one["id"]: one for one in web.get("/health").get_json()["accounts"]}
    assert told[account]["last_in"] is not None
    assert told[account]["last_out"] is None
    assert told[account]["waiting"] == 1
    assert 7200 <= told[account]["oldest_waiting_seconds"] < 7260
    assert told[other] == {**told[other], "last_in": None, "waiting": 0, "oldest_waiting_seconds": None}
    container.db.run(sent)
    told = {one["id"]: one for one in web.get("/health").get_json()["accounts"]}
    assert told[account]["last_out"] is not None
    assert (told[account]["waiting"], told[account]["oldest_waiting_seconds"]) == (0, None)


def hours(number: int) -> timedelta:
    return timedelta(hours=number)


def sent(uow: UnitOfWork) -> None:
    at = clock.now(uow.session)
    uow.session.execute(update(OutboxEntry).values(state="sent", sent_at=at))
    uow.session.execute(update(Message).where(Message.direction == "out").values(sent_at=at))


def store_raw(container: Container, **states: int) -> None:
    def work(uow: UnitOfWork) -> None:
        for state, count in states.items():
            for number in range(count):
                row = RawRequest(
                    account="sms-front",
                    event="incoming",
                    dedupe_key=f"id:{state}-{number}",
                    method="POST",
                    url="/hooks/sms-front/•/incoming",
                    headers={"headers": {}, "query": {}, "form": {}},
                    body=b"",
                    state=state,
                    attempts=1,
                    received_at=clock.now(uow.session),
                )
                uow.session.add(row)

    container.db.run(work)


def test_callbacks_in_trouble_are_counted(container: Container, web: FlaskClient) -> None:
    store_raw(container, failed=2, quarantined=3, applied=4)
    assert web.get("/health").get_json()["raw"] == {"failed": 2, "quarantined": 3}


def test_without_an_active_configuration_it_is_down(container: Container, web: FlaskClient) -> None:
    all_alive(container)
    container.db.run(lambda uow: uow.session.execute(delete(ConfigurationActive)))
    answer = web.get("/health")
    assert answer.status_code == 503
    assert answer.get_json()["faults"] == ["no configuration is active"]


def test_engines_that_are_away_are_503_and_this_process_still_answers(away: Container) -> None:
    web = client_of(away)
    answer = web.get("/health")
    assert answer.status_code == 503
    told = answer.get_json()
    assert told["database"] == told["queue_server"] == {"ok": False}
    assert told["faults"] == ["the database does not answer", "the queue server does not answer"]
    alive = web.get("/health/live")
    assert (alive.status_code, alive.text) == (200, "ok")
    assert "contactcentre_database_up 0\n" in web.get("/metrics").text


def test_metrics_say_what_health_says(container: Container, web: FlaskClient) -> None:
    all_alive(container)
    store_raw(container, failed=2, quarantined=1)
    account = next(iter(container.city.accounts))
    container.db.run(lambda uow: say(uow.session, container.city, "The gutter is choked", account=account))
    answer = web.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert samples["contactcentre_up"] == "1"
    assert samples['contactcentre_process_up{process="worker"}'] == "1"
    assert samples['contactcentre_raw_requests{state="failed"}'] == "2"
    assert samples[f'contactcentre_outbox_waiting{{account="{account}",channel="sms"}}'] == "1"
    assert samples["contactcentre_configuration_version"] == str(container.city.version)
    assert all(name.startswith("contactcentre_") for name in samples)
    named = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    assert {name.partition("{")[0] for name in samples} == named
    assert answer.text.endswith("\n")


def test_metrics_are_for_the_configured_networks_only(container: Container, web: FlaskClient) -> None:
    assert web.get("/metrics").status_code == 200
    assert web.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 403
    assert web.get("/health", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code != 403


@pytest.mark.parametrize(
    ("remote", "inside"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::7", True),
        ("11.1.2.3", False),
        ("2001:db9::7", False),
        ("unix:", False),
        ("", False),
        (None, False),
    ],
)
def test_who_is_within_the_networks(remote: str | None, inside: bool) -> None:
    assert allowed(remote, ("10.0.0.0/8", "2001:db8::/32")) is inside


def test_every_view_says_what_it_requires() -> None:
    app = Flask(__name__)
    app.register_blueprint(blueprint)
    views = {name: view for name, view in app.view_functions.items() if name.startswith("health.")}
    assert len(views) == 3
    assert {view.permission for view in views.values()} == {"public"}  # type: ignore[attr-defined]
