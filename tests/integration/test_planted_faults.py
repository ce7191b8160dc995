"""Faults of our own while citizens write: each callback is kept, and becomes a message once we are mended."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

import cases.models.event
import cases.routing.rules
from cases import clock, matching
from cases.clock import TestClock, set_test_clock
from cases.models import Filing, RawRequest
from cases.writes import Writes
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.raw import PAUSES, TRIES
from tests.application import application
from tests.integration.callbacks import came_in, faults_of_histories, hook, raw_rows, rows, sms, states
from tests.integration.commands import Commands, commands, environment, failed
from workers.ticker import replay_raw

Pass = Callable[[timedelta], None]
CALLBACKS = 100


class Planted(Exception):
    """A fault of ours that quotes +6421555001."""


def broken(*_: object, **__: object) -> Any:
    raise Planted


def everywhere(patch: pytest.MonkeyPatch, function: object, stand_in: object) -> None:
    """Put something in a function's place wherever a module of the domain holds it."""
    held = [
        (module, name)
        for key, module in list(sys.modules.items())
        if key.startswith("cases.")
        for name, value in vars(module).items()
        if value is function
    ]
    assert held
    for module, name in held:
        patch.setattr(module, name, stand_in)


def in_matching(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, matching.match, broken)


def in_routing(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, cases.routing.rules.route, broken)


def in_history(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, cases.models.event.link, broken)


_flush = Writes.flush


def after_everything_is_written(patch: pytest.MonkeyPatch) -> None:
    def flush(self: Writes, session: Any) -> None:
        _flush(self, session)
        raise Planted

    patch.setattr(Writes, "flush", flush)


def in_the_transaction_itself(patch: pytest.MonkeyPatch) -> None:
    def flush(self: Writes, session: Any) -> None:
        _flush(self, session)
        session.execute(text("select 1 / 0"))

    patch.setattr(Writes, "flush", flush)


FAULTS = [in_matching, in_routing, in_history, after_everything_is_written, in_the_transaction_itself]


@pytest.fixture
def web(container: Container) -> FlaskClient:
    return application(container).test_client()


@pytest.fixture
def pass_by(db: Database) -> Iterator[Pass]:
    """Stop the product's time, and let it pass only here: on top of what has passed before."""
    with db.reader() as session:
        anchor = clock.now(session)
    passed = timedelta()

    def go(more: timedelta) -> None:
        nonlocal passed
        passed += more
        set_test_clock(TestClock(anchor, passed, speed=0.0))

    go(timedelta())
    yield go
    set_test_clock(None)


def write(web: FlaskClient, container: Container, number: int) -> int:
    """Send the n-th callback: two citizens write two times each, then the next two."""
    form = sms(f"Lamp {number} is out", number=number // 4 * 2 + number % 2, external_id=f"ATXid_{number}")
    return web.post(hook(container), data=form).status_code


def replayed(container: Container) -> int:
    """Do the ticker's duty until it finds nothing more."""
    total = 0
    while done := replay_raw(container):
        total += done
    return total


def filings_of_messages(db: Database) -> list[str]:
    with db.reader() as session:
        return list(session.scalars(select(Filing.reason).order_by(Filing.id)))


@pytest.mark.parametrize("plant", FAULTS)
def test_callbacks_during_a_fault_are_kept_and_applied_once_it_is_mended(
    web: FlaskClient,
    container: Container,
    monkeypatch: pytest.MonkeyPatch,
    pass_by: Pass,
    plant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    db = container.db
    with monkeypatch.context() as patch:
        plant(patch)
        for number in range(CALLBACKS):
            assert write(web, container, number) == 200
            assert write(web, container, number) == 200  # the gateway tells it once more
    assert rows(db) == {"raw_request": CALLBACKS}
    assert states(db) == {"failed": CALLBACKS}
    assert replayed(container) == 0, "it is not due yet"

    pass_by(PAUSES[0])
    assert replayed(container) == CALLBACKS
    assert states(db) == {"applied": CALLBACKS}
    for number in range(CALLBACKS):
        assert write(web, container, number) == 200
    assert replayed(container) == 0
    assert sorted(came_in(db)) == sorted(f"Lamp {number} is out" for number in range(CALLBACKS))
    found = rows(db)
    assert found["raw_request"] == CALLBACKS
    assert found["citizen"] == found["case_file"] == found["outbox"] == CALLBACKS / 2
    assert found["message"] == found["filing"] == CALLBACKS * 1.5
    assert faults_of_histories(db) == []


def test_citizens_words_are_applied_in_the_order_in_which_they_came(
    web: FlaskClient, container: Container, db: Database, monkeypatch: pytest.MonkeyPatch, pass_by: Pass
) -> None:
    with monkeypatch.context() as patch:
        in_routing(patch)
        for number in range(8):
            write(web, container, number)
            pass_by(timedelta(seconds=1))
    pass_by(PAUSES[0])
    replayed(container)
    assert came_in(db) == [f"Lamp {number} is out" for number in range(8)]
    assert filings_of_messages(db).count("opened") == 4


def test_what_was_said_after_a_fault_does_not_wait_for_what_was_said_during_it(
    web: FlaskClient, container: Container, db: Database, monkeypatch: pytest.MonkeyPatch, pass_by: Pass
) -> None:
    with monkeypatch.context() as patch:
        in_history(patch)
        write(web, container, 0)
    write(web, container, 2)
    assert came_in(db) == ["Lamp 2 is out"]
    pass_by(PAUSES[0])
    assert replayed(container) == 1
    assert came_in(db) == ["Lamp 2 is out", "Lamp 0 is out"]
    assert rows(db)["case_file"] == rows(db)["outbox"] == 1
    assert faults_of_histories(db) == []


@pytest.fixture
def run(
    container: Container, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    for name, value in environment(container.settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


def test_a_fault_that_stays_ends_with_a_person_who_applies_it_when_it_is_mended(
    web: FlaskClient,
    container: Container,
    run: Commands,
    monkeypatch: pytest.MonkeyPatch,
    pass_by: Pass,
) -> None:
    db = container.db
    with monkeypatch.context() as patch:
        in_matching(patch)
        assert write(web, container, 0) == 200
        for tries, pause in enumerate(PAUSES, 1):
            assert [(row.state, row.attempts) for row in raw_rows(db)] == [("failed", tries)]
            pass_by(pause - timedelta(seconds=1))
            replayed(container)
            assert raw_rows(db)[0].attempts == tries, "it was tried before its time"
            pass_by(timedelta(seconds=1))
            replayed(container)
        (row,) = raw_rows(db)
        assert (row.state, row.attempts, row.next_try_at) == ("quarantined", TRIES, None)
        assert row.reason == "Planted", "the reason names the fault and quotes nobody"
        pass_by(timedelta(days=30))
        assert replayed(container) == 0
        assert rows(db) == {"raw_request": 1}
        assert write(web, container, 0) == 200
        assert rows(db) == {"raw_request": 1}
        assert "1 of 1 could not be applied" in failed(run("raw", "replay", str(row.id)))

    listed = json.loads(run("raw", "list", "--json")[1])
    assert [(one["id"], one["state"], one["reason"]) for one in listed] == [(row.id, "quarantined", "Planted")]
    code, out, err = run("raw", "replay", str(row.id), "--json")
    assert code == 0, err
    assert json.loads(out) == [{"id": row.id, "state": "applied", "reason": None}]
    assert run("raw", "replay", str(row.id))[0] == 0
    assert came_in(db) == ["Lamp 0 is out"]
    assert rows(db)["case_file"] == rows(db)["outbox"] == 1
    assert faults_of_histories(db) == []


def test_all_that_waits_for_a_person_is_applied_by_one_command(
    web: FlaskClient, container: Container, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        in_history(patch)
        for number in range(4):
            write(web, container, number)
    quarantined = RawRequest.__table__.update().values(state="quarantined", next_try_at=None)
    container.db.run(lambda uow: uow.session.execute(quarantined.where(RawRequest.id <= 2)))
    assert run("raw", "replay", "--all")[0] == 0
    assert states(container.db) == {"applied": 4}
    assert len(came_in(container.db)) == 4
