"""Callbacks that come at once, over HTTP into the real web processes: each is one message, each stranger one person."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from pathlib import Path
from queue import Queue
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from cases.models import Case, Filing, Message, OutboxEntry, RawRequest
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.engines import ports
from tests.factories import phone
from tests.integration.callbacks import faults_of_histories, hook, rows, sms, states
from tests.integration.commands import environment
from tests.integration.processes import eventually

ROOT = Path(__file__).parents[2]
CLIENTS = 10
Form = dict[str, str]


@pytest.fixture
def ports_of_web(container: Container) -> Iterator[list[int]]:
    """Two web processes of four threads each, as the Procfile starts them."""
    free = [ports.free("127.0.0.1") for _ in range(2)]
    servers = [start(container, port) for port in free]
    try:
        for port in free:
            assert eventually(partial(ports.answers, "127.0.0.1", port, "/health/live"), seconds=30)
        yield free
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            stopped(server)


def start(container: Container, port: int) -> subprocess.Popen[bytes]:
    command = [
        str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "contactcentre.wsgi:app",
        "--blocking-threads", "4", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning",
    ]  # fmt: skip
    settings = {**environment(container.settings), "CONTACTCENTRE_POOL_SIZE": "5", "CONTACTCENTRE_LOG_LEVEL": "ERROR"}
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, start_new_session=True)


def stopped(server: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(10)


class Gateway:
    """Ten clients, each on a connection that it keeps, half of them to each process."""

    def __init__(self, ports: Sequence[int], address: str) -> None:
        self._address = address
        self._idle: Queue[http.client.HTTPConnection] = Queue()
        for _, port in zip(range(CLIENTS), cycle(ports), strict=False):
            self._idle.put(http.client.HTTPConnection("127.0.0.1", port, timeout=30))

    def send(self, forms: Sequence[Form]) -> Counter[int]:
        """Send the forms at once; returns how often each status came."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            return Counter(clients.map(self._post, forms))

    def _post(self, form: Form) -> int:
        connection = self._idle.get()
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", self._address, urlencode(form), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        for _ in range(CLIENTS):
            self._idle.get().close()


@pytest.fixture
def gateway(container: Container, ports_of_web: list[int]) -> Iterator[Gateway]:
    made = Gateway(ports_of_web, hook(container))
    yield made
    made.close()


def interleaved(forms: Sequence[Form], *, copies: int, within: int) -> list[Form]:
    """Repeat each form so that its copies meet one another, and the next forms, on the way."""
    lots = random.Random(1)
    placed = [(place + lots.uniform(0, within), form) for place, form in enumerate(forms) for _ in range(copies)]
    return [form for _, form in sorted(placed, key=lambda one: one[0])]


def distinct(db: Database, column: object) -> int:
    with db.reader() as session:
        return session.execute(select(func.count(column.distinct()))).scalar_one()  # type: ignore[attr-defined]


def acknowledgements(db: Database) -> list[int]:
    """Return how many acknowledgements each case has."""
    with db.reader() as session:
        filed = select(func.count()).where(Filing.case_id == Case.id, Filing.reason == "acknowledgement")
        return list(session.scalars(select(filed.scalar_subquery()).select_from(Case)))


def incoming(db: Database) -> int:
    with db.reader() as session:
        return session.execute(select(func.count()).where(Message.direction == "in")).scalar_one()


def test_a_thousand_callbacks_sent_three_times_are_a_thousand_messages(gateway: Gateway, db: Database) -> None:
    forms = [sms(f"Lamp {n} is out", number=n // 4, external_id=f"ATXid_{n}") for n in range(1000)]
    answers = gateway.send(interleaved(forms, copies=3, within=8))
    assert answers == {200: 3000}
    assert states(db) == {"applied": 1000}
    assert incoming(db) == distinct(db, Message.external_id) == distinct(db, RawRequest.dedupe_key) == 1000
    found = rows(db)
    assert found["case_file"] == found["citizen"] == found["outbox"] == distinct(db, OutboxEntry.thread_id) == 250
    assert acknowledgements(db) == [1] * 250
    assert faults_of_histories(db) == []


def test_a_stranger_who_writes_fifty_times_at_once_is_one_person_with_one_case(gateway: Gateway, db: Database) -> None:
    for number in range(20):
        forms = [sms(f"Lamp {n} is out", number=number, external_id=f"{number}-{n}") for n in range(50)]
        assert gateway.send(forms) == {200: 50}
    found = rows(db)
    assert {found[table] for table in ("citizen", "address", "thread", "case_file", "outbox")} == {20}
    assert found["citizen_address"] == found["party"] == 20
    assert incoming(db) == 1000
    assert found["message"] == found["filing"] == 1020
    assert acknowledgements(db) == [1] * 20
    assert states(db) == {"applied": 1000}
    with db.reader() as session:
        addressed = session.scalars(select(OutboxEntry.recipient)).all()
    assert sorted(addressed) == sorted(phone(number).value for number in range(20))
    assert faults_of_histories(db) == []


def test_two_senders_of_one_id_at_once_are_one_message(gateway: Gateway, db: Database) -> None:
    forms = [sms("Lamp out", number=number, external_id=f"{n}") for n in range(50) for number in (1, 2)]
    assert gateway.send(forms) == {200: 100}
    assert incoming(db) == 50
    assert states(db) == {"applied": 50}
    assert faults_of_histories(db) == []
