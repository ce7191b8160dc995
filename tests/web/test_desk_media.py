"""A picture's whole way: the gateway's double calls our hook, gives the bytes at last, and an agent sees them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis
from sqlalchemy import select

from cases.models import Case, IncomingMedia, Message
from channels.sms.twilio_double import TwilioDouble
from channels.sms.twilio_texts_double import PICTURE
from channels.webhook import WebhookRequest
from contactcentre.container import Container
from tests.channels import twilio_account
from tests.factories import phone
from tests.integration.callbacks import hook
from tests.integration.leaving import moved
from tests.integration.processes import eventually
from tests.web.conftest import Browser
from workers import deliver, fetch

if TYPE_CHECKING:
    from flask import Flask

ACCOUNT = "sms-front"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def double(container: Container, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioDouble]:
    """The gateway's double on a loopback port, and our account at it."""
    gateway = TwilioDouble(twilio_account.TOKEN, twilio_account.SID, ACCOUNT)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = gateway.handle(WebhookRequest("GET", self.path, headers, {}, {}, b""), now=NOW).reply
            body = reply.body if isinstance(reply.body, bytes) else reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    channel = twilio_account.channel(f"http://127.0.0.1:{server.server_address[1]}", id=ACCOUNT)
    monkeypatch.setattr(Container, "accounts", MappingProxyType({ACCOUNT: channel}))
    deliver.use(container)
    yield gateway
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def writes(app: Flask, container: Container, double: TwilioDouble) -> Callable[..., None]:
    """Let a citizen write to the double, which calls our hook, as often as it likes."""

    def send(text: str, *, media: int, times: int = 1) -> None:
        callback = double.incoming(phone(1).value, twilio_account.NUMBER, text=text, now=NOW, media=media)
        address = hook(container)
        assert callback.sign is not None
        headers = dict(callback.sign(container.settings.base_url + address))
        for _ in range(times):
            assert app.test_client().post(address, data=dict(callback.form), headers=headers).status_code == 200

    return send


def queued(container: Container) -> int:
    """Return how many jobs to fetch wait in the queue."""
    with Redis.from_url(container.settings.redis_url) as queue:
        return int(queue.llen("rq:queue:fetch"))  # type: ignore[arg-type]


def page(container: Container, browser: Browser) -> str:
    with container.db.reader() as session:
        reference = session.scalars(select(Case.reference)).one()
    return browser.get(f"/desk/cases/{reference[:4]}-{reference[4:]}").get_data(as_text=True)


def test_pictures_are_asked_for_at_once_fetched_in_the_end_and_given_to_the_agent(
    agent: Callable[..., Browser], container: Container, double: TwilioDouble, writes: Callable[..., None]
) -> None:
    double.fail_media(3)
    writes("The drain is open", media=2, times=2)
    assert eventually(lambda: queued(container) == 1, seconds=20)
    browser = agent()
    assert page(container, browser).count("A file is being fetched.") == 2
    with moved(container.db) as time:
        for stored in (0, 1):
            assert fetch.media(ACCOUNT) == stored
            time.pass_by(seconds=130)
        assert page(container, browser).count("it is tried again") == 1
        assert fetch.media(ACCOUNT) == 1
    shown = page(container, browser)
    assert "tried again" not in shown
    assert "being fetched" not in shown
    with container.db.reader() as session:
        names = session.scalars(select(IncomingMedia.name)).all()
    assert all(name in shown for name in names)
    given = browser.client.get("/desk/files/1")
    assert (given.data, given.mimetype) == (PICTURE, "image/png")
    assert given.headers["Content-Disposition"].startswith("attachment")
    given.close()
    assert browser.client.get("/desk/files/3").status_code == 404


def test_words_alone_ask_for_nothing(container: Container, writes: Callable[..., None]) -> None:
    writes("The drain is open", media=0)
    container.jobs.nudge_soon(fetch.RECONCILE, ACCOUNT)  # goes by the same thread, behind what the hook asked for
    assert eventually(lambda: queued(container) > 0, seconds=20)
    assert queued(container) == 1


def test_a_picture_that_the_gateway_has_lost_says_so(
    agent: Callable[..., Browser], container: Container, double: TwilioDouble, writes: Callable[..., None]
) -> None:
    writes("The drain is open", media=1)
    double._texts._texts.clear()
    assert fetch.media(ACCOUNT) == 0
    assert "The gateway does not have it any more." in page(container, agent())


def test_a_picture_with_a_command_stands_in_no_case_and_is_kept(
    container: Container, double: TwilioDouble, writes: Callable[..., None]
) -> None:
    writes("HELP", media=1)
    assert fetch.media(ACCOUNT) == 1
    with container.db.reader() as session:
        assert session.scalars(select(Case.id)).all() == []
        row = session.scalars(select(IncomingMedia)).one()
        assert session.get_one(Message, row.message_id).text == "HELP"
    assert row.sha256 is not None
    with container.files.open(row.sha256) as content:
        assert content.read() == PICTURE
