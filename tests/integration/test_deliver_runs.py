"""The runs of the sending job: their order, their ends, and what dies or goes away beneath them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from cases import brakes, clock
from cases.messages import OutboundMessage, Receipt
from cases.outbox import LEASE
from cases.permissions import SYSTEM
from contactcentre.container import Container
from contactcentre.db import Connection, Unavailable
from contactcentre.jobs import DRAIN, MARK_LASTS
from tests.factories import phone
from tests.integration.delivering import Channel, as_worker, put, spent
from tests.integration.leaving import (
    ACCOUNT,
    Time,
    change,
    claim,
    entries,
    entry,
    message,
    moved,
    states,
    write,
    write_many,
)
from tests.integration.test_simulator import eventually
from workers import deliver
from workers.ticker import expire_leases


@pytest.fixture
def time(container: Container) -> Iterator[Time]:
    with moved(container.db) as found:
        yield found


@pytest.fixture
def worker(container: Container, monkeypatch: pytest.MonkeyPatch) -> Container:
    return as_worker(container, monkeypatch)


def waiting_jobs(container: Container) -> int:
    return Queue("deliver", connection=container.jobs.connection(), serializer=JSONSerializer).count


def test_no_connection_of_the_pool_is_held_while_the_gateway_is_spoken_to(worker: Container) -> None:
    together = threading.Barrier(deliver.THREADS, timeout=10)
    held: list[int] = []

    def send(_: OutboundMessage) -> None:
        together.wait()  # all are claimed and in the gateway's hands, and nobody has come back
        held.append(worker.db.engine.pool.checkedout())
        together.wait()

    put(worker, sms_front=Channel(send))
    write_many(worker.db, deliver.THREADS)
    before = worker.db.engine.pool.checkedout()
    assert deliver.drain(ACCOUNT) == deliver.THREADS
    assert set(held) == {before} == {0}


def test_an_answer_that_cannot_be_stored_spoils_only_its_own_message(worker: Container) -> None:
    def send(message: OutboundMessage) -> Receipt | None:
        return Receipt("a\x00b") if message.recipient == phone(7) else None

    put(worker, sms_front=Channel(send))
    write_many(worker.db, 16)
    deliver.drain(ACCOUNT)
    assert Counter(states(worker.db)) == {"sent": 15, "sending": 1}
    assert spent(worker.db) == pytest.approx(15 * 0.05)


def test_what_was_sent_while_the_database_was_away_is_recorded_when_it_is_back(
    worker: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "PAUSE", 0.01)
    refused: list[int] = []

    connect = Connection.connect

    def refuse(*words: Any, **more: Any) -> Any:
        if len(refused) < 7:
            refused.append(1)
            raise psycopg.OperationalError("the database is away")
        return connect(*words, **more)

    def send(_: OutboundMessage) -> None:
        worker.db.dispose()
        monkeypatch.setattr(Connection, "connect", refuse)

    put(worker, sms_front=Channel(send))
    write(worker.db)
    assert deliver.drain(ACCOUNT) == 1
    assert len(refused) == 7
    assert states(worker.db) == ["sent"]


def test_a_database_that_goes_away_while_more_is_claimed_costs_none_of_the_gateways_answers(
    worker: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_off, others = deliver._take_off, threading.Event()

    def refuse(_: deliver.Flight) -> int:
        others.set()
        raise Unavailable

    def take_off_once(flight: deliver.Flight) -> int:
        monkeypatch.setattr(deliver, "_take_off", refuse)
        return take_off(flight)

    def send(message: OutboundMessage) -> None:
        assert message.recipient.value <= phone(16).value or others.wait(10)

    put(worker, sms_front=Channel(send))
    write_many(worker.db, 40)
    monkeypatch.setattr(deliver, "_take_off", take_off_once)
    with pytest.raises(Unavailable):
        deliver.drain(ACCOUNT)
    assert Counter(states(worker.db)) == {"sent": 32, "queued": 8}


def test_expired_and_held_messages_keep_nobody_behind_them_waiting(worker: Container, time: Time) -> None:
    put(worker, sms_front=Channel())
    write_many(worker.db, 3 * deliver.BATCH)
    time.pass_by(days=4)
    fresh = write(worker.db, 500)
    assert deliver.drain(ACCOUNT) == 1
    assert Counter(states(worker.db)) == {"expired": 3 * deliver.BATCH, "sent": 1}
    assert entry(worker.db, fresh).state == "sent"


def test_a_brake_stops_the_run_of_an_account(worker: Container) -> None:
    channel = Channel()
    put(worker, sms_front=channel)
    write(worker.db)
    worker.db.run(lambda uow: brakes.pull(uow.session, SYSTEM, scope="all", reason="x", at=clock.now(uow.session)))
    assert (deliver.drain(ACCOUNT), channel.given) == (0, [])
    worker.db.run(lambda uow: brakes.let_go(uow.session, SYSTEM, scope="all"))
    assert deliver.drain(ACCOUNT) == 1


def test_messages_of_an_account_that_is_gone_are_held_after_a_minute(worker: Container, time: Time) -> None:
    entry_id = write(worker.db, account="sms-gone")
    assert deliver.drain("sms-gone") == 0
    assert states(worker.db) == ["queued"], "another process may know a new account already"
    time.pass_by(seconds=61)
    assert deliver.drain("sms-gone") == 0
    assert states(worker.db) == ["held"]
    assert "configuration" in str(message(worker.db, entry_id).status_reason)


def test_a_run_that_takes_too_long_ends_and_asks_for_another(
    worker: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "LONGEST", 0.0)
    assert (deliver.drain(ACCOUNT), waiting_jobs(worker)) == (0, 1)


def test_equal_nudges_are_one_and_a_nudge_during_a_run_leads_to_another_run(
    worker: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    drain = deliver.drain

    def counted(account: str) -> int:
        runs.append(drain(account))
        return runs[-1]

    def send(_: OutboundMessage) -> None:
        for _ in range(3):
            assert worker.jobs.nudge(DRAIN, ACCOUNT)

    monkeypatch.setattr(deliver, "drain", counted)
    put(worker, sms_front=Channel(send))
    write(worker.db)
    for _ in range(5):
        assert worker.jobs.nudge(DRAIN, ACCOUNT)
    assert waiting_jobs(worker) == 1
    work_off(worker)
    assert runs == [1, 0]
    assert states(worker.db) == ["sent"]


class QuietWorker(SimpleWorker):
    """RQ's worker in this process, without a hand on the test run's signals."""

    def _install_signal_handlers(self) -> None:
        pass


def work_off(container: Container) -> None:
    """Run every job that waits, as a worker does."""
    with Redis.from_url(container.settings.redis_url) as connection:
        queue = Queue("deliver", connection=connection, serializer=JSONSerializer)
        QuietWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")


def test_a_worker_that_died_with_a_nudge_blocks_the_next_ones_for_five_seconds_at_most(worker: Container) -> None:
    connection = worker.jobs.connection()
    assert worker.jobs.nudge(DRAIN, ACCOUNT)
    Queue("deliver", connection=connection, serializer=JSONSerializer).empty()  # taken, and lost with its worker
    (mark,) = connection.keys("nudge:*")
    assert worker.jobs.nudge(DRAIN, ACCOUNT)
    assert waiting_jobs(worker) == 0
    assert 0 < connection.pttl(mark) <= MARK_LASTS * 1000 == 5000
    connection.pexpire(mark, 1)
    eventually(lambda: not connection.exists(mark))
    assert worker.jobs.nudge(DRAIN, ACCOUNT)
    assert waiting_jobs(worker) == 1


def test_running_a_job_again_that_the_queue_called_failed_sends_nothing_twice(worker: Container) -> None:
    channel = Channel()
    put(worker, sms_front=channel)
    write_many(worker.db, 10)
    for _ in range(3):
        worker.jobs.connection().flushdb()
        worker.jobs.nudge(DRAIN, ACCOUNT)
        work_off(worker)
    assert len(channel.given) == len({one.client_reference for one in channel.given}) == 10


def test_a_run_after_a_killed_one_sends_what_that_one_had_not_claimed_and_leaves_the_rest_to_its_lease(
    worker: Container, time: Time
) -> None:
    channel = Channel()
    put(worker, sms_front=channel)
    write_many(worker.db, 10)
    lost = {one.entry_id for one in claim(worker.db, limit=4)}
    assert deliver.drain(ACCOUNT) == 6
    assert {one.id for one in entries(worker.db) if one.state == "sending"} == lost
    for one in lost:
        change(worker.db, one, lease_until=entry(worker.db, one).lease_until - LEASE)
    time.pass_by(seconds=7)

    assert expire_leases(worker) == 4
    assert deliver.drain(ACCOUNT) == 4
    assert Counter(states(worker.db)) == {"sent": 10}
    assert len(channel.given) == 10
