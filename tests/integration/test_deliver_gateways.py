"""Sending for real: what gateways answer, by the double over HTTP and by channels that make trouble."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases import failover
from cases.failover import LEAST, Health
from cases.messages import OutboundMessage, Receipt
from cases.models import AccountHealth
from cases.outbox import MessageClass
from channels.double import Fault
from channels.errors import AccountFault, BadAddress, GatewayDown, OutcomeUnknown, SendError, Throttled
from channels.sms import africastalking, africastalking_double
from config.settings import load
from contactcentre import gateways
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.simulator import phone as simulated
from contactcentre.simulator.app import create_app
from contactcentre.simulator.host import Host
from tests.factories import phone
from tests.integration.delivering import Channel, as_worker, put, spent
from tests.integration.leaving import (
    ACCOUNT,
    Time,
    entries,
    entry,
    message,
    moved,
    states,
    write,
    write_many,
)
from tests.integration.test_simulator import serve
from workers import deliver

STANDS_IN = "sms-works"
#: after an attempt with an unknown end, by when it is looked up or decided
SETTLED = timedelta(seconds=6)


@pytest.fixture
def time(container: Container) -> Iterator[Time]:
    with moved(container.db) as found:
        yield found


@pytest.fixture
def worker(container: Container, monkeypatch: pytest.MonkeyPatch) -> Container:
    return as_worker(container, monkeypatch)


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


def raising(error: SendError) -> Callable[[OutboundMessage], Receipt]:
    def send(_: OutboundMessage) -> Receipt:
        raise error

    return send


def health(db: Database, account: str = ACCOUNT) -> Health:
    with db.reader() as session:
        return gateways.read(session, [account])[account]


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
