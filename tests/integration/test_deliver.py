"""Sending for real: the job against the gateway's double over HTTP, and against channels that make trouble."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import event, select

from cases import brakes, clock, failover
from cases.failover import LEAST, Health
from cases.messages import OutboundMessage, Receipt
from cases.models import AccountHealth, OutboxTally
from cases.outbox import LEASE, MessageClass
from cases.permissions import SYSTEM
from channels.double import Fault
from channels.errors import AccountFault, BadAddress, GatewayDown, OutcomeUnknown, SendError, Throttled
from channels.sms import africastalking, africastalking_double
from config.settings import load
from contactcentre import gateways, jobs
from contactcentre.container import Container
from contactcentre.db import Database, Unavailable
from contactcentre.jobs import MARK_LASTS
from contactcentre.simulator import phone as simulated
from contactcentre.simulator.app import create_app
from contactcentre.simulator.host import Host
from tests.factories import phone
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
from tests.integration.test_simulator import eventually, serve
from workers import deliver
from workers.ticker import expire_leases

STANDS_IN = "sms-works"
#: after an attempt with an unknown end, by when it is looked up or decided
SETTLED = timedelta(seconds=6)


@pytest.fixture
def time(container: Container) -> Iterator[Time]:
    with moved(container.db) as found:
        yield found


@pytest.fixture
def worker(container: Container, monkeypatch: pytest.MonkeyPatch) -> Container:
    """The container as the jobs of a worker have it."""
    monkeypatch.setattr(jobs, "PATIENCE", 5.0)  # a machine that is busy with tests may take its time
    monkeypatch.setattr(deliver, "_container", container)
    return container


@pytest.fixture
def double(worker: Container, tmp_path: Any) -> Iterator[Host]:
    """The gateway's double behind HTTP, where both of the city's accounts lead to."""
    folder = tmp_path / "simulator"
    folder.mkdir()
    blocks = [
        {
            "id": block.id, "channel": "sms", "gateway": "africastalking", "address": block.address,
            "api_key": worker.read_secret(block.api_key), "username": block.username, "hooks": {},
        }
        for block in worker.account_settings.values()
    ]  # fmt: skip
    (folder / "accounts.json").write_text(json.dumps(blocks))
    app = create_app(load(tmp_path, {"CONTACTCENTRE_CONFIG": str(worker.settings.config_dir)}))
    url, stop = serve(app)
    worker.settings = dataclasses.replace(worker.settings, simulator_url=url)
    host = simulated.host_of(app)
    yield host
    misbehave(host, Fault.OK)
    host.close()
    stop()


def misbehave(host: Host, fault: Fault) -> None:
    host.set_fault("africastalking", fault, seconds=60)


class Channel:
    """A channel of a gateway that does what a test says; counts what it was given."""

    def __init__(self, send: Callable[[OutboundMessage], Receipt | None] = lambda _: None) -> None:
        self._send = send
        self.given: list[OutboundMessage] = []

    def send(self, message: OutboundMessage) -> Receipt:
        self.given.append(message)
        return self._send(message) or Receipt(f"ext-{message.client_reference}", "NZD 0.0500")


class Listing(Channel):
    """One that can be asked what it took."""

    def __init__(
        self,
        send: Callable[[OutboundMessage], Receipt | None],
        find: Callable[[OutboundMessage], Receipt | None],
    ) -> None:
        super().__init__(send)
        self._find = find
        self.asked = 0

    def find(self, message: OutboundMessage, since: object) -> Receipt | None:
        self.asked += 1
        return self._find(message)


def put(container: Container, **channels: Channel) -> None:
    """Put channels in the place of the accounts' own; ``sms_front`` stands for sms-front."""
    named = {name.replace("_", "-"): channel for name, channel in channels.items()}
    container._channels = (container.city.version, named)


def raising(error: SendError) -> Callable[[OutboundMessage], Receipt]:
    def send(_: OutboundMessage) -> Receipt:
        raise error

    return send


def health(db: Database, account: str = ACCOUNT) -> Health:
    with db.reader() as session:
        return gateways.read(session, [account])[account]


def spent(db: Database, account: str = ACCOUNT) -> float:
    with db.reader() as session:
        return sum(session.scalars(select(OutboxTally.cost).where(OutboxTally.scope == f"account:{account}")))


def waiting_jobs(container: Container) -> int:
    return Queue("deliver", connection=container.jobs.connection(), serializer=JSONSerializer).count


def test_all_that_waits_is_sent_once_and_its_cost_counted(worker: Container, double: Host) -> None:
    write_many(worker.db, 100)
    assert deliver.drain(ACCOUNT) == 100
    taken = double.ledger.sent()
    assert Counter(line["to"] for line in taken) == Counter(phone(number).value for number in range(1, 101))
    assert {one.external_id for one in entries(worker.db)} == {line["id"] for line in taken}
    assert Counter(states(worker.db)) == {"sent": 100}
    assert spent(worker.db) == pytest.approx(100 * africastalking_double.PRICE)
    assert health(worker.db).sent_at is not None
    assert deliver.drain(ACCOUNT) == 0
    assert len(double.ledger.sent()) == 100


def test_messages_of_one_thread_leave_in_their_order_within_one_run(worker: Container, double: Host) -> None:
    for turn in range(5):
        for number in (1, 2):
            write(worker.db, number, text=f"{number}.{turn}")
    assert deliver.drain(ACCOUNT) == 10
    for number in (1, 2):
        said = [line["text"] for line in double.ledger.sent(to=phone(number).value)]
        assert said == [f"{number}.{turn}" for turn in range(5)]


def test_a_gateway_that_fails_gets_the_message_again_later(worker: Container, double: Host, time: Time) -> None:
    entry_id = write(worker.db)
    misbehave(double, Fault.HTTP500)
    assert deliver.drain(ACCOUNT) == 0
    row = entry(worker.db, entry_id)
    assert (row.state, row.attempts, row.error_code) == ("queued", 1, "HTTP 500")
    assert health(worker.db).failed_at is not None
    assert double.ledger.sent() == []
    misbehave(double, Fault.OK)
    assert deliver.drain(ACCOUNT) == 0, "not before its time"
    time.be(row.not_before)
    assert deliver.drain(ACCOUNT) == 1
    assert (states(worker.db), message(worker.db, entry_id).copies) == (["sent"], 1)


def test_a_gateway_that_asks_for_a_pause_is_left_alone_so_long(worker: Container, double: Host, time: Time) -> None:
    write(worker.db, 1)
    misbehave(double, Fault.HTTP429)
    assert deliver.drain(ACCOUNT) == 0
    misbehave(double, Fault.OK)
    fresh = write(worker.db, 2)
    assert deliver.drain(ACCOUNT) == 0
    assert entry(worker.db, fresh).state == "queued"
    time.pass_by(seconds=3)
    assert deliver.drain(ACCOUNT) == 1
    assert entry(worker.db, fresh).state == "sent"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a quarter of a second for the gateway's answer."""
    monkeypatch.setattr(africastalking, "TIMEOUT", (3.05, 0.25))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("fault", "first"), [(Fault.TIMEOUT, 0), (Fault.ACCEPT_THEN_HANG, 1)])
def test_an_answer_without_an_answer_is_sent_once_more_and_counted(
    worker: Container, double: Host, time: Time, fault: Fault, first: int
) -> None:
    entry_id = write(worker.db)
    misbehave(double, fault)
    assert deliver.drain(ACCOUNT) == 0
    assert states(worker.db) == ["unknown"]
    assert len(double.ledger.sent()) == first
    misbehave(double, Fault.OK)
    time.be(settling(worker.db, entry_id))
    assert deliver.drain(ACCOUNT) == 1
    assert (states(worker.db), message(worker.db, entry_id).copies) == (["sent"], 2)
    assert len(double.ledger.sent()) == first + 1, "one more than needed at most"


def settling(db: Database, entry_id: int) -> Any:
    attempted = entry(db, entry_id).attempted_at
    assert attempted is not None
    return attempted + SETTLED


@pytest.mark.usefixtures("impatient")
def test_a_broadcast_without_an_answer_is_held(worker: Container, double: Host, time: Time) -> None:
    entry_id = write(worker.db, message_class=MessageClass.BROADCAST)
    misbehave(double, Fault.ACCEPT_THEN_HANG)
    deliver.drain(ACCOUNT)
    misbehave(double, Fault.OK)
    time.be(settling(worker.db, entry_id))
    assert deliver.drain(ACCOUNT) == 0
    assert states(worker.db) == ["held"]
    assert len(double.ledger.sent()) == 1


@pytest.mark.usefixtures("impatient")
def test_a_gateway_that_hangs_twice_leaves_the_answer_to_a_person(worker: Container, double: Host, time: Time) -> None:
    entry_id = write(worker.db)
    misbehave(double, Fault.ACCEPT_THEN_HANG)
    for _ in range(3):
        deliver.drain(ACCOUNT)
        time.be(settling(worker.db, entry_id))
    assert states(worker.db) == ["held"]
    assert len(double.ledger.sent()) == 2


def test_a_slow_gateway_is_slow_and_loses_nothing(
    worker: Container, double: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(africastalking_double, "SLOW_SECONDS", 0.2)
    monkeypatch.setattr(failover, "SLOW", 0.1)
    write_many(worker.db, 20)
    misbehave(double, Fault.SLOW)
    assert deliver.drain(ACCOUNT) == 20
    assert len(double.ledger.sent()) == 20
    assert health(worker.db).slow_at is not None
    assert health(worker.db).failed_at is None


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


def test_one_bad_message_at_the_gateway_stops_none_of_the_others(worker: Container) -> None:
    bad = {1: BadAddress("no"), 17: ValueError("a fault of the adapter's"), 32: BadAddress("no")}

    def send(message: OutboundMessage) -> None:
        error = bad.get(int(message.recipient.value[-3:]))
        if error is not None:
            raise error

    put(worker, sms_front=Channel(send))
    write_many(worker.db, 32)
    assert deliver.drain(ACCOUNT) == 29
    found = states(worker.db)
    assert (found[0], found[16], found[31]) == ("failed", "unknown", "failed")
    assert Counter(found)["sent"] == 29


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

    def refuse(*_: object) -> None:
        if len(refused) < 7:
            refused.append(1)
            raise psycopg.OperationalError("the database is away")

    def send(_: OutboundMessage) -> None:
        worker.db.dispose()
        event.listen(worker.db.engine, "do_connect", refuse)

    put(worker, sms_front=Channel(send))
    write(worker.db)
    try:
        assert deliver.drain(ACCOUNT) == 1
    finally:
        event.remove(worker.db.engine, "do_connect", refuse)
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


def test_what_the_gateways_list_has_is_not_sent_again(worker: Container, time: Time) -> None:
    channel = Listing(raising(OutcomeUnknown("silence")), lambda _: Receipt("ext-found", "NZD 0.0500"))
    put(worker, sms_front=channel)
    entry_id = write(worker.db)
    deliver.drain(ACCOUNT)
    time.be(settling(worker.db, entry_id))
    deliver.drain(ACCOUNT)
    row = entry(worker.db, entry_id)
    assert (row.state, row.external_id, message(worker.db, entry_id).copies) == ("sent", "ext-found", 1)
    assert len(channel.given) == 1
    assert spent(worker.db) == pytest.approx(0.05)


def test_a_list_that_does_not_answer_is_asked_again_before_a_second_copy_is_risked(
    worker: Container, time: Time
) -> None:
    channel = Listing(raising(OutcomeUnknown("silence")), raising(GatewayDown("away")))
    put(worker, sms_front=channel)
    entry_id = write(worker.db)
    deliver.drain(ACCOUNT)
    time.be(settling(worker.db, entry_id))
    for asked in (1, 2):
        assert deliver.settle(worker, ACCOUNT) == 0
        assert (channel.asked, states(worker.db)) == (asked, ["unknown"])
    time.pass_by(seconds=deliver.ASK_FOR.total_seconds())
    assert deliver.settle(worker, ACCOUNT) == 1
    assert (states(worker.db), len(channel.given)) == (["queued"], 1)


def test_a_list_that_breaks_its_adapter_decides_nothing_for_others(worker: Container, time: Time) -> None:
    def find(message: OutboundMessage) -> Receipt:
        if message.recipient == phone(1):
            raise RuntimeError
        return Receipt(f"found-{message.client_reference}")

    put(worker, sms_front=Listing(raising(OutcomeUnknown("silence")), find))
    ids = [write(worker.db, number) for number in (1, 2)]
    deliver.drain(ACCOUNT)
    time.be(settling(worker.db, ids[1]))
    assert deliver.settle(worker, ACCOUNT) == 2
    assert states(worker.db) == ["queued", "sent"]


@pytest.mark.parametrize(
    "error", [GatewayDown("down"), AccountFault("no credit"), Throttled("slow down"), OutcomeUnknown("silence")]
)
def test_a_failing_account_hands_over_to_the_other_of_its_group(
    worker: Container, time: Time, monkeypatch: pytest.MonkeyPatch, error: SendError
) -> None:
    monkeypatch.setattr(gateways, "group_of", lambda *_: (ACCOUNT, STANDS_IN))
    failing, fine = Channel(raising(error)), Channel()
    put(worker, sms_front=failing, sms_works=fine)
    for turn in range(9):
        write_many(worker.db, 10, after=100 * turn)
        deliver.drain(ACCOUNT)
        time.pass_by(seconds=31)
    assert health(worker.db).weight == LEAST
    failing.given.clear()
    fine.given.clear()
    write_many(worker.db, 60, after=5000)
    deliver.drain(ACCOUNT)
    fresh = [one for one in entries(worker.db) if one.recipient > phone(5000).value]
    assert {one.account for one in fresh} == {ACCOUNT}, "the account it should leave by stays"
    by = Counter(one.via for one in fresh if one.state == "sent")
    assert set(by) == {STANDS_IN}
    assert by[STANDS_IN] > 45
    assert all(one.account == STANDS_IN for one in fine.given)
    assert health(worker.db, STANDS_IN).weight == 1.0
    assert spent(worker.db, STANDS_IN) > 0


def test_a_message_that_is_refused_for_its_own_sake_says_nothing_about_its_gateway(worker: Container) -> None:
    put(worker, sms_front=Channel(raising(BadAddress("no"))))
    write(worker.db)
    deliver.drain(ACCOUNT)
    with worker.db.reader() as session:
        assert session.scalars(select(AccountHealth.failed_at)).all() == [None]


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
            assert worker.jobs.nudge(deliver.DRAIN, ACCOUNT)

    monkeypatch.setattr(deliver, "drain", counted)
    put(worker, sms_front=Channel(send))
    write(worker.db)
    for _ in range(5):
        assert worker.jobs.nudge(deliver.DRAIN, ACCOUNT)
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
    assert worker.jobs.nudge(deliver.DRAIN, ACCOUNT)
    Queue("deliver", connection=connection, serializer=JSONSerializer).empty()  # taken, and lost with its worker
    (mark,) = connection.keys("nudge:*")
    assert worker.jobs.nudge(deliver.DRAIN, ACCOUNT)
    assert waiting_jobs(worker) == 0
    assert 0 < connection.pttl(mark) <= MARK_LASTS * 1000 == 5000
    connection.pexpire(mark, 1)
    eventually(lambda: not connection.exists(mark))
    assert worker.jobs.nudge(deliver.DRAIN, ACCOUNT)
    assert waiting_jobs(worker) == 1


def test_running_a_job_again_that_the_queue_called_failed_sends_nothing_twice(worker: Container) -> None:
    channel = Channel()
    put(worker, sms_front=channel)
    write_many(worker.db, 10)
    for _ in range(3):
        worker.jobs.connection().flushdb()
        worker.jobs.nudge(deliver.DRAIN, ACCOUNT)
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
