"""A gateway's callback on its way in: what is refused, what is kept, and that it is kept once, whatever it holds."""

from __future__ import annotations

import dataclasses
import io
import random
import string
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql
from werkzeug.test import TestResponse, create_environ, run_wsgi_app

from cases import clock, intake
from cases.clock import TestClock, set_test_clock
from cases.messages import InboundMessage
from cases.models import Message, RawRequest
from contactcentre import configurations
from contactcentre.app import create_app
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.engines.postgres import Postgres
from contactcentre.migrations import upgrade
from contactcentre.web.hooks import LARGEST_BODY
from tests.application import application
from tests.factories import phone
from tests.integration.callbacks import came_in, faults_of_histories, hook, raw_rows, rows, sms, states

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def web(container: Container) -> FlaskClient:
    return application(container).test_client()


@pytest.fixture
def pass_by(db: Database) -> Iterator[Callable[[timedelta], None]]:
    """Stop the product's time, and let it pass only here."""
    with db.reader() as session:
        anchor = clock.now(session)

    def go(passed: timedelta) -> None:
        set_test_clock(TestClock(anchor, passed, speed=0.0))

    go(timedelta())
    yield go
    set_test_clock(None)


# Not ours.


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "address",
    [
        "/sms-front/wrong/incoming",
        "/sms-front/SECRET-/incoming",
        "/sms-front/-SECRET/incoming",
        "/sms-works/SECRET/incoming",
        "/sms-nowhere/SECRET/incoming",
        "/sms-front/SECRET/session",
        "/sms-front/SECRET/Incoming",
        "/sms-front/SECRET/%FF",
        "/sms-front/SECRET/incoming/more",
        "/sms-front/SECRET",
        "/sms-front//incoming",
        "/sms-front/SECRET%00/incoming",
        "/sms-front/%FF%E2%82%AC/incoming",
        "/%00/SECRET/incoming",
        f"/sms-front/{'x' * 4000}/incoming",
    ],
    ids=lambda address: address[:40],
)
def test_what_is_not_ours_is_not_found_and_leaves_no_row(
    web: FlaskClient, container: Container, db: Database, address: str, method: str
) -> None:
    secret = hook(container).split("/")[3]
    called = web.open("/hooks" + address.replace("SECRET", secret), method=method, data=sms("Lamp out"))
    assert called.status_code == 404
    assert rows(db) == {}


def filled(length: int) -> bytes:
    start = urlencode({**sms(""), "extra": ""}).encode()
    return start + b"x" * (length - len(start))


def chunked(web: FlaskClient, address: str, body: bytes) -> int:
    """Send a body whose length nobody knows beforehand; returns the status."""
    environ = create_environ(address, method="POST", input_stream=io.BytesIO(body), content_type=FORM)
    del environ["CONTENT_LENGTH"]
    environ |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    _, status, _ = run_wsgi_app(web.application, environ, buffered=True)
    return int(status.partition(" ")[0])


@pytest.mark.parametrize("length", [LARGEST_BODY + 1, 4 * LARGEST_BODY, 60 * LARGEST_BODY])
def test_a_body_that_is_too_large_is_refused_and_leaves_no_row(
    web: FlaskClient, container: Container, db: Database, length: int
) -> None:
    body = filled(length)
    assert web.post(hook(container), data=body, content_type=FORM).status_code == 413
    assert chunked(web, hook(container), body) == 413
    assert rows(db) == {}


def test_the_largest_body_is_kept_to_the_last_byte(web: FlaskClient, container: Container, db: Database) -> None:
    body = filled(LARGEST_BODY)
    assert web.post(hook(container), data=body, content_type=FORM).status_code == 200
    assert chunked(web, hook(container, account="sms-works"), body) == 200
    assert [(row.state, row.body == body) for row in raw_rows(db)] == [("applied", True)] * 2


# Kept although it cannot be used.

REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "nobody wrote": ("incoming", {"to": "4404", "text": "x", "id": "1"}, "from: is missing"),
    "to nobody": ("incoming", {"from": "+6421555001", "text": "x", "id": "1"}, "to: is missing"),
    "without words": ("incoming", {"from": "+6421555001", "to": "4404"}, "text: is missing"),
    "without anything": ("incoming", {}, "from: is missing"),
    "a call": ("incoming", {**sms("x"), "callSessionState": "Ringing"}, "callSessionState: belongs to voice"),
    "no date": ("incoming", {**sms("x"), "date": "yesterday"}, "date: 'yesterday' is no date"),
    "a new status": ("delivery", {"id": "1", "status": "Teleported"}, "status: 'Teleported' is in no table"),
    "whose report": ("delivery", {"status": "Success"}, "id: is missing"),
    "who opts out": ("optout", {"senderId": "4404"}, "phoneNumber: is missing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_callback_that_the_adapter_refuses_waits_for_a_person_with_its_reason(
    web: FlaskClient, container: Container, db: Database, name: str
) -> None:
    event, form, reason = REFUSED[name]
    answer = web.post(hook(container, event), data=form)
    assert answer.status_code == 200
    (row,) = raw_rows(db)
    assert (row.state, row.attempts, row.next_try_at, row.applied_at) == ("quarantined", 1, None, None)
    assert row.reason is not None and row.reason.startswith(reason)
    assert dict(parse_qsl(row.body.decode(), keep_blank_values=True)) == form
    assert rows(db) == {"raw_request": 1}


def test_a_stored_callback_holds_neither_the_secret_nor_other_headers(
    web: FlaskClient, container: Container, db: Database
) -> None:
    address = hook(container)
    web.post(address, data=sms("Lamp out"), headers={"Authorization": "Basic abc", "User-Agent": "gateway/1"})
    (row,) = raw_rows(db)
    assert row.headers["headers"] == {"content-type": FORM, "user-agent": "gateway/1"}
    assert address.split("/")[3] not in f"{row.url}{row.headers}"


# Kept once.


def test_the_gateways_id_makes_a_repeat(web: FlaskClient, container: Container, db: Database) -> None:
    for text in ("Lamp out", "Lamp out", "the same id with other words"):
        assert web.post(hook(container), data=sms(text, external_id="ATXid_1")).status_code == 200
    assert came_in(db) == ["Lamp out"]
    assert states(db) == {"applied": 1}
    assert rows(db)["outbox"] == rows(db)["case_file"] == 1


def test_an_id_counts_within_its_account_and_event(web: FlaskClient, container: Container, db: Database) -> None:
    for account in ("sms-front", "sms-works"):
        assert web.post(hook(container, account=account), data=sms("Lamp out")).status_code == 200
    assert web.post(hook(container, "delivery"), data={"id": "1", "status": "Success"}).status_code == 200
    assert came_in(db) == ["Lamp out", "Lamp out"]
    assert states(db) == {"applied": 3}


@pytest.mark.parametrize(("hours", "kept"), [(0, 1), (23.9, 1), (24.1, 2)])
@pytest.mark.parametrize(
    "callback",
    [
        ("incoming", sms("Lamp out", external_id=None), "applied"),
        ("optout", {"phoneNumber": phone(1).value, "senderId": "4404"}, "applied"),
        ("optout", {"senderId": "4404"}, "quarantined"),
    ],
    ids=["words", "opts out", "refused"],
)
def test_without_an_id_the_same_content_is_a_repeat_for_a_day(
    web: FlaskClient,
    container: Container,
    pass_by: Callable[[timedelta], None],
    *,
    callback: tuple[str, dict[str, str], str],
    hours: float,
    kept: int,
) -> None:
    db, (event, form, state) = container.db, callback
    assert web.post(hook(container, event), data=form).status_code == 200
    pass_by(timedelta(hours=hours))
    assert web.post(hook(container, event), data=form).status_code == 200
    assert states(db) == {state: kept}
    assert len(came_in(db)) == (kept if event == "incoming" else 0)


def test_what_stands_in_the_query_is_content_too(web: FlaskClient, container: Container, db: Database) -> None:
    for number in ("1", "2", "2", "1"):
        assert web.get(hook(container, "optout"), query_string={"phoneNumber": number}).status_code == 200
    assert [row.headers["query"] for row in raw_rows(db)] == [{"phoneNumber": "1"}, {"phoneNumber": "2"}]


def test_a_message_that_came_another_way_before_is_stored_once_with_its_callback(
    web: FlaskClient, container: Container, db: Database
) -> None:
    found = InboundMessage("sms-front", "sms", phone(1), "4404", "Lamp out", "ATXid_1")
    db.run(lambda uow: intake.receive(uow.session, found, city=container.city))
    for _ in range(2):
        assert web.post(hook(container), data=sms("Lamp out", external_id="ATXid_1")).status_code == 200
    assert came_in(db) == ["Lamp out"]
    assert states(db) == {"applied": 1}


# Whatever it holds.

_random = random.Random(5)
RANDOM = "".join(_random.choices(string.ascii_letters + string.digits, k=9000))
WORDS = b"from=%2B6421555001&to=4404&id=7&text="
HOSTILE: dict[str, tuple[bytes, str]] = {
    "a broken escape": (WORDS + b"%zz%", "applied"),
    "an escape that is no UTF-8": (WORDS + b"%ff%fe", "applied"),
    "half a surrogate pair": (WORDS + b"%ed%a0%80", "applied"),
    "bytes that are no UTF-8": (WORDS + b"\xff\xfe", "quarantined"),
    "NUL in the words": (WORDS + b"a%00b", "applied"),
    "NUL in the sender": (b"from=%00&to=4404&id=7&text=x", "applied"),
    "NUL in the id": (b"from=%2B6421555001&to=4404&id=a%00b&text=x", "applied"),
    "NUL in a name": (WORDS + b"x&a%00=1&linkId=%00", "applied"),
    "NUL as it is": (b"\x00" * 100, "quarantined"),
    "100 kB of words": (WORDS + b"x" * 100_000, "applied"),
    "no words": (WORDS, "applied"),
    "nothing": (b"", "quarantined"),
    "no sender": (b"to=4404&text=x&id=7", "quarantined"),
    "everything twice": (WORDS + b"a&" + WORDS.replace(b"=", b"=9") + b"b", "applied"),
    "a thousand fields": (WORDS + b"x&" + b"&".join(b"f%d=%d" % (n, n) for n in range(1000)), "applied"),
    "half a million separators": (WORDS + b"x" + b"&" * 500_000, "applied"),
    "an endless sender": (f"to=4404&text=x&id=7&from={RANDOM}".encode(), "applied"),
    "an endless number": (b"to=4404&text=x&id=7&from=%2B" + b"1" * 9000, "applied"),
    "an endless recipient": (f"from=%2B6421555001&text=x&id=7&to={RANDOM}".encode(), "applied"),
    "an endless id": (f"from=%2B6421555001&to=4404&text=x&id={RANDOM}".encode(), "applied"),
    "a command of digits": (WORDS + b"status " + b"9" * 5000, "applied"),
    "digits that are none": (WORDS + "status ²³¹²²³¹² ٤٨٢١".encode(), "applied"),
    "names in braces": (WORDS + b"{code}{reference!r}{0}%7Bemergency%7D", "applied"),
    "marks that turn the line": (WORDS + "\u202e\u2066\u2028\x1b[31m\x07😀".encode(), "applied"),
    "a sender of signs": ("to=4404&text=x&id=7&from=😀\u202e".encode(), "applied"),
    "one of our own numbers": (b"from=%2B6421555142&to=4404&id=7&text=x", "applied"),
    "a date that never was": (WORDS + b"x&date=2026-99-99 00:00:00", "quarantined"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_form_brings_the_hook_down(web: FlaskClient, container: Container, db: Database, name: str) -> None:
    body, state = HOSTILE[name]
    for _ in range(2):
        assert web.post(hook(container), data=body, content_type=FORM).status_code == 200
    assert [(row.body, row.state) for row in raw_rows(db)] == [(body, state)]
    assert len(came_in(db)) == (state == "applied")
    assert faults_of_histories(db) == []


OTHER_BODIES: dict[str, tuple[str, bytes]] = {
    "JSON": ("application/json", b'{"from": "+6421555001", "text": "x"}'),
    "JSON that ends early": ("application/json", b'{"from": '),
    "a form of parts without parts": ("multipart/form-data; boundary=b", b"--c\r\n\r\n--"),
    "a form of parts without a boundary": ("multipart/form-data", b"--c\r\n"),
    "a part that ends early": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a'),
    "a charset that is none": (f"{FORM}; charset=klingon", WORDS + b"\xff"),
    "a type that is none": ("\x7f/;;=,", WORDS),
    "no type": ("", WORDS),
}


@pytest.mark.parametrize("name", OTHER_BODIES)
def test_a_body_that_is_no_form_is_kept_for_a_person(
    web: FlaskClient, container: Container, db: Database, name: str
) -> None:
    content_type, body = OTHER_BODIES[name]
    assert web.post(hook(container), data=body, headers={"Content-Type": content_type}).status_code == 200
    assert [(row.body, row.state) for row in raw_rows(db)] == [(body, "quarantined")]


def test_a_form_of_parts_is_read_like_any_other(web: FlaskClient, container: Container, db: Database) -> None:
    form = {**sms("Lamp out"), "file": (io.BytesIO(b"\x00\x01"), "a.bin")}
    assert web.post(hook(container), data=form, content_type="multipart/form-data").status_code == 200
    assert came_in(db) == ["Lamp out"]


# Without a database.


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server of these tests' own, to be taken away."""
    with tempfile.TemporaryDirectory(prefix="cc-away-") as folder:
        made = Postgres(Path(folder) / "pg", durable=False)
        made.start()
        upgrade(made.url)
        yield made
        made.stop()


@pytest.fixture
def on_server(container: Container, server: Postgres) -> Iterator[Container]:
    made = Container(dataclasses.replace(container.settings, database_url=server.url))
    folder = made.settings.config_dir
    made.db.run(lambda uow: configurations.apply(uow.session, folder=folder, author="test", reason="test"))
    yield made
    made.db.run(lambda uow: uow.session.execute(RawRequest.__table__.delete()))
    made.close()


def not_stored(answer: TestResponse) -> bool:
    return answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0


def test_a_database_that_is_away_is_told_and_the_next_try_is_stored(on_server: Container, server: Postgres) -> None:
    web = create_app(on_server).test_client()
    address = hook(on_server)
    assert web.post(address, data=sms("before", external_id="1")).status_code == 200
    server.stop()
    newcomer = Container(on_server.settings)
    try:
        assert not_stored(web.post(address, data=sms("meanwhile", external_id="2")))
        assert not_stored(web.post(address, data={"to": "refused"}))
        assert not_stored(create_app(newcomer).test_client().post(address, data=sms("meanwhile", external_id="2")))
        assert web.post(address[:-9] + "x/incoming", data=sms("meanwhile")).status_code == 404
    finally:
        newcomer.close()
        server.start()
    for text, external_id in (("meanwhile", "2"), ("before", "1")):
        assert web.post(address, data=sms(text, external_id=external_id)).status_code == 200
    assert came_in(on_server.db) == ["before", "meanwhile"]
    assert states(on_server.db) == {"applied": 2}


def test_a_database_that_only_reads_is_told_too(on_server: Container, server: Postgres) -> None:
    web = create_app(on_server).test_client()
    writable(server, on_server, "off")
    try:
        assert not_stored(web.post(hook(on_server), data=sms("Lamp out", external_id="3")))
    finally:
        writable(server, on_server, "on")
    assert web.post(hook(on_server), data=sms("Lamp out", external_id="3")).status_code == 200
    with on_server.db.reader() as session:
        assert session.query(Message).filter_by(external_id="3").count() == 1


def writable(server: Postgres, container: Container, state: str) -> None:
    """Let the server take changes or none, as one that stands by for another; returns once its connections know."""
    other = "off" if state == "on" else "on"
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"alter system set default_transaction_read_only = {other}")
        connection.execute("select pg_reload_conf()")
    shown, until = "", time.monotonic() + 10
    while shown != other and time.monotonic() < until:
        with container.db.reader() as session:
            shown = str(session.scalar(sql("show default_transaction_read_only")))
    assert shown == other
