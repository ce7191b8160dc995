"""An account's test message: it goes through hook, queue and worker, leaves nothing, and is missed where it stops."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import delete, select, update
from werkzeug.serving import make_server

from cases import brakes, clock
from cases.models import AccountHealth, Lease
from cases.permissions import SYSTEM
from contactcentre import alarms, heartbeat
from tests.application import application
from tests.integration import processes
from tests.integration.callbacks import hook, rows
from tests.integration.commands import commands, environment
from tests.integration.leaving import Time, moved, write
from tests.integration.test_health import all_alive
from workers import deliver, probe, ticker

if TYPE_CHECKING:
    from contactcentre.container import Container
    from contactcentre.db import Database

ACCOUNT, OTHER = "sms-front", "sms-works"


@pytest.fixture
def app(container: Container) -> Flask:
    deliver.use(container)
    return application(container)


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def served(app: Flask, container: Container) -> Iterator[str]:
    """The application on a port, which the installation takes for its public address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    container.settings = replace(container.settings, base_url=address)
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def time(db: Database) -> Iterator[Time]:
    with moved(db) as made:
        yield made


def leases(db: Database, prefix: str) -> dict[str, Lease]:
    with db.reader() as session:
        found = session.scalars(select(Lease).where(Lease.name.like(f"{prefix}%")))
        return {one.name.removeprefix(prefix): one for one in found}


def queued(container: Container, number: int) -> list[str]:
    """Wait until so many beats are in the queue, and return whose they are."""
    queue = Queue("probe", connection=container.jobs.connection(), serializer=JSONSerializer)
    processes.eventually(lambda: len(queue.job_ids) >= number, seconds=10)
    jobs = queue.jobs
    assert {job.func_name for job in jobs} <= {heartbeat.JOB}
    return sorted(job.args[0] for job in jobs)


def beat(container: Container, *accounts: str) -> None:
    """Let the ticker try all accounts, and the test messages of these come through."""
    heartbeat.claim(container)
    for account in accounts:
        assert heartbeat.arrived(container, account)


def found(container: Container) -> list[tuple[str, str]]:
    return [(one.account, one.reason) for one in alarms.watch(container)]


def test_the_message_goes_all_the_way_and_leaves_nothing(container: Container, db: Database, served: str) -> None:
    tokens = heartbeat.claim(container)
    assert set(tokens) == set(container.account_settings)
    assert len(set(tokens.values())) == len(tokens)
    begun = {account: one.seen_at for account, one in leases(db, "beat:").items()}
    assert heartbeat.post(container, tokens) == len(tokens)
    waiting = queued(container, len(tokens))
    assert waiting == sorted(tokens)
    for account in waiting:
        assert probe.beat(account)
    for account, one in leases(db, "beat:").items():
        assert one.seen_at > begun[account]
        assert one.holder == "beat"
    assert rows(db) == {}


def test_one_turn_in_five_minutes_whoever_ticks(container: Container, time: Time) -> None:
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda _: heartbeat.claim(container), range(4)))
    assert sorted(account for one in claimed for account in one) == sorted(container.account_settings)
    time.pass_by(minutes=4, seconds=59)
    assert heartbeat.claim(container) == {}
    time.pass_by(seconds=2)
    assert set(heartbeat.claim(container)) == set(container.account_settings)


def test_a_token_is_good_once_for_its_own_account(container: Container, db: Database, web: FlaskClient) -> None:
    tokens = heartbeat.claim(container)
    address = hook(container, heartbeat.EVENT, account=ACCOUNT)
    assert container.find_route(ACCOUNT, heartbeat.EVENT) is None
    for form in ({}, {"token": ""}, {"token": "invented"}, {"token": tokens[OTHER]}):
        assert web.post(address, data=form).status_code == 404
    assert web.post(f"/hooks/{ACCOUNT}/wrong/probe", data={"token": tokens[ACCOUNT]}).status_code == 404
    assert web.post(address, data={"token": tokens[ACCOUNT]}).status_code == 200
    assert web.post(address, data={"token": tokens[ACCOUNT]}).status_code == 404
    assert web.post(address, data={"token": ""}).status_code == 404
    assert queued(container, 1) == [ACCOUNT]
    assert rows(db) == {}


def test_an_account_that_could_not_send_has_no_beat(
    container: Container, db: Database, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat.claim(container)
    assert not probe.beat("gone")
    key = container.account_settings[ACCOUNT].api_key  # type: ignore[attr-defined]
    real = container.read_secret

    def without_key(secret: Any) -> str:
        if secret == key:
            raise LookupError(f"secret {secret.reference}: is empty or not set")
        return real(secret)

    monkeypatch.setattr(container, "read_secret", without_key)
    assert not probe.beat(ACCOUNT)
    assert probe.beat(OTHER)
    assert {account for account, one in leases(db, "beat:").items() if one.holder} == {OTHER}


def test_a_web_process_that_does_not_answer_is_logged_and_waited_for(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(heartbeat.time, "sleep", waited.append)
    container.settings = replace(container.settings, base_url="http://127.0.0.1:1")
    with structlog.testing.capture_logs() as lines:
        assert heartbeat.post(container, {ACCOUNT: "token", "gone": "token"}) == 0
    told = [(one["account"], one["said"]) for one in lines if one["event"] == "heartbeat.not_taken"]
    assert told == [(ACCOUNT, "ConnectionError"), ("gone", "KeyError")]
    assert waited == [heartbeat.PAUSE] * (heartbeat.TRIES - 1)


def test_an_account_whose_beats_stop_is_named(container: Container, time: Time) -> None:
    beat(container, ACCOUNT, OTHER)
    time.pass_by(minutes=5, seconds=1)
    beat(container, OTHER)
    assert found(container) == []
    time.pass_by(minutes=5)
    beat(container, OTHER)
    assert found(container) == [(ACCOUNT, "beat")]
    beat(container, ACCOUNT)
    assert found(container) == []


def test_after_a_stop_nothing_is_alarmed_for_ten_minutes(container: Container, db: Database, time: Time) -> None:
    beat(container, ACCOUNT, OTHER)
    write(db)
    time.pass_by(hours=8)
    beat(container)
    assert found(container) == []
    time.pass_by(minutes=9, seconds=59)
    assert found(container) == []
    time.pass_by(seconds=2)
    assert found(container) == [(ACCOUNT, "beat"), (ACCOUNT, "waiting"), (OTHER, "beat")]


def settled(container: Container, time: Time) -> None:
    """Bring all accounts beyond their first ten minutes, their beats fresh."""
    beat(container)
    ten_minutes(container, time, ACCOUNT, OTHER)


def ten_minutes(container: Container, time: Time, *accounts: str) -> None:
    """Let a little more than ten minutes pass while a ticker ticks, and the beats of these accounts come."""
    for _ in range(2):
        time.pass_by(minutes=5, seconds=1)
        beat(container, *accounts)


def test_messages_that_wait_are_alarmed_unless_somebody_holds_them_back(
    container: Container, db: Database, time: Time
) -> None:
    settled(container, time)
    write(db)
    time.pass_by(minutes=4, seconds=59)
    assert found(container) == []
    time.pass_by(seconds=2)
    assert found(container) == [(ACCOUNT, "waiting")]
    for scope in ("all", "answer"):
        pull(db, scope)
        assert found(container) == []
        db.run(lambda uow, scope=scope: brakes.let_go(uow.session, SYSTEM, scope=scope))
        assert found(container) == [(ACCOUNT, "waiting")]
    pull(db, "broadcast")
    assert found(container) == [(ACCOUNT, "waiting")]


def pull(db: Database, scope: str) -> None:
    db.run(lambda uow: brakes.pull(uow.session, SYSTEM, scope=scope, reason="test", at=clock.now(uow.session)))


def test_an_account_at_its_least_weight_is_alarmed_until_it_recovers(
    container: Container, db: Database, time: Time
) -> None:
    settled(container, time)
    at = leases(db, "beat:")[ACCOUNT].seen_at
    row = AccountHealth(account=ACCOUNT, weight=0.05, failed_at=at, raised_at=at)
    db.run(lambda uow: uow.session.add(row))
    assert found(container) == [(ACCOUNT, "weight")]
    db.run(lambda uow: uow.session.execute(update(AccountHealth).values(weight=0.1)))
    assert found(container) == []


def test_each_change_is_logged_once_whichever_ticker_sees_it(container: Container, time: Time) -> None:
    settled(container, time)
    ten_minutes(container, time)
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            alarms.watch(container)
        beat(container, ACCOUNT)
        for _ in range(3):
            alarms.watch(container)
    told = [(one["log_level"], one["event"], one["account"], one["reason"]) for one in lines if "reason" in one]
    assert told == [
        ("error", "channel.alarm", ACCOUNT, "beat"),
        ("error", "channel.alarm", OTHER, "beat"),
        ("info", "channel.alarm_over", ACCOUNT, "beat"),
    ]


def test_monitors_see_the_alarm_and_stopped_beats_are_503(
    container: Container, db: Database, web: FlaskClient, time: Time
) -> None:
    settled(container, time)
    write(db)
    time.pass_by(minutes=6)
    beat(container, ACCOUNT, OTHER)
    all_alive(container)
    answer = web.get("/health")
    assert (answer.status_code, answer.get_json()["alarms"]) == (200, [{"account": ACCOUNT, "reason": "waiting"}])
    ten_minutes(container, time)
    all_alive(container)
    answer = web.get("/health")
    assert answer.status_code == 503
    assert answer.get_json()["faults"] == [
        f"account {account}: its test message has not come through for 10 minutes" for account in (ACCOUNT, OTHER)
    ]
    metrics = web.get("/metrics").text
    for account, reason, value in ((ACCOUNT, "beat", 1), (ACCOUNT, "waiting", 1), (OTHER, "waiting", 0)):
        assert f'contactcentre_channel_alarm{{account="{account}",reason="{reason}"}} {value}\n' in metrics
    db.run(lambda uow: uow.session.execute(delete(Lease).where(Lease.name == "process:ticker")))
    told = web.get("/health").get_json()
    assert told["alarms"] == []
    assert [fault for fault in told["faults"] if "ticker" not in fault] == []


def test_doctor_names_the_channel(
    container: Container, time: Time, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settled(container, time)
    ten_minutes(container, time, OTHER)
    all_alive(container)
    for name, value in environment(container.settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as run:
        code, out, _ = run("doctor")
    assert code == 1
    assert f"WRONG channel {ACCOUNT}: its test message has not come through for 10 minutes -> " in out
    assert f"channel {OTHER}" not in out


def test_the_ticker_sends_what_is_due_aside(container: Container, served: str) -> None:
    assert ticker.send_beats(container) == len(container.account_settings)
    assert ticker.send_beats(container) == 0
    assert queued(container, len(container.account_settings)) == sorted(container.account_settings)
