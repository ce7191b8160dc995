"""What every channel that carries messages must do, as tables: a gateway's tests list cases, this file runs them.

``run_incoming`` feeds a callback to a channel's route; ``run_outgoing`` sends a message through the channel, its real
SDK and a real socket to a scripted HTTP server. Both assert, and both are themselves tested in test_contracts.py.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from cases.messages import Inbound, OutboundMessage, Receipt
from channels.errors import Refused, SendError
from channels.webhook import Route, WebhookRequest

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class IncomingCase:
    """One callback. ``refused``: the field that the refusal names; then nothing is expected.

    ``external_id`` is compared where it is given: it is what the request is de-duplicated by (None: by its content).
    """

    label: str
    event: str
    form: Mapping[str, str]
    expected: tuple[Inbound, ...] = ()
    refused: str | None = None
    external_id: str | type[Ellipsis] | None = ...  # type: ignore[assignment]
    method: str = "POST"
    status: int = 200


@dataclass(frozen=True)
class Answer:
    """What the scripted server does with one request. ``drop``: it reads the request and hangs up."""

    status: int = 200
    body: str | bytes = ""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False


@dataclass(frozen=True)
class OutgoingCase:
    """One send, with either a ``receipt`` or an ``error``. ``answer`` None: nobody listens at the gateway's address."""

    label: str
    answer: Answer | None
    receipt: Receipt | None = None
    error: type[SendError] | None = None
    retryable: bool = False
    unknown: bool = False
    code: str | None = None
    retry_after: float | None = None
    message: OutboundMessage | None = None


@dataclass(frozen=True)
class Seen:
    """A request that the scripted server read. ``connection`` is the same number for requests on one connection."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str]
    connection: int


def request_of(form: Mapping[str, str], *, method: str = "POST", event: str = "") -> WebhookRequest:
    """Return a callback as the web layer would hand it over."""
    encoded = urlencode(form)
    if method == "GET":
        return WebhookRequest("GET", f"/hooks/x/•/{event}", {}, dict(form), {}, b"")
    return WebhookRequest(method, f"/hooks/x/•/{event}", {"content-type": FORM}, {}, dict(form), encoded.encode())


def route_of(channel: Any, event: str) -> Route:
    """Return the channel's route of this name; fails where there is none or more than one."""
    found = [route for route in channel.routes() if route.event == event]
    assert len(found) == 1, f"{len(found)} routes for {event!r}: {[route.event for route in channel.routes()]}"
    return found[0]


def run_incoming(channel: Any, case: IncomingCase) -> Sequence[Inbound]:
    """Feed a callback to its route and compare what comes out; the same request twice must give the same."""
    route, request = route_of(channel, case.event), request_of(case.form, method=case.method, event=case.event)
    identity = route.external_id(request)  # must not raise, whatever came
    if case.external_id is not ...:
        assert identity == case.external_id
    if case.refused is not None:
        with pytest.raises(Refused) as caught:
            route.parse(request)
        assert caught.value.field == case.refused
        # The message says what to look at, beyond the field's name.
        assert len(str(caught.value)) > len(case.refused) + 5
        return ()
    reply, values = route.parse(request)
    assert reply.status == case.status
    assert tuple(values) == case.expected
    assert tuple(route.parse(request)[1]) == case.expected
    return values


def run_outgoing(make: Callable[[str], Any], case: OutgoingCase, *, message: OutboundMessage) -> list[Seen]:
    """Send through ``make(base_url)`` and compare the receipt or the error; returns what the server read."""
    if case.answer is None:
        channel = make(f"http://127.0.0.1:{_closed_port()}")
        _send(channel, case, message)
        return []
    with scripted(case.answer) as server:
        _send(make(server.url), case, message)
        return list(server.seen)


def _send(channel: Any, case: OutgoingCase, message: OutboundMessage) -> None:
    assert (case.receipt is None) != (case.error is None), "a case expects a receipt or an error"
    if case.error is None:
        assert channel.send(case.message or message) == case.receipt
        return
    with pytest.raises(SendError) as caught:
        channel.send(case.message or message)
    error = caught.value
    assert type(error) is case.error, f"{type(error).__name__}: {error}"
    assert (error.retryable, error.unknown) == (case.retryable, case.unknown)
    assert (error.code, error.retry_after) == (case.code, case.retry_after)
    assert error.agent_text.endswith("."), "an agent reads a sentence"
    _tells_nothing(error, case.message or message)


def _tells_nothing(error: SendError, message: OutboundMessage) -> None:
    """What goes into logs and onto the page holds neither the citizen's number nor the message's words."""
    for said in (str(error), error.agent_text, repr(error)):
        assert message.recipient.value.removeprefix("+") not in said
        assert not message.text or message.text not in said


class Scripted:
    """A gateway on a loopback socket that gives the scripted answers in order, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.seen: list[Seen] = []
        self._answers = list(answers)
        self._open: dict[socket.socket, int] = {}
        self._numbers = iter(range(1_000_000))
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and hang up on everybody."""
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def next(self) -> Answer:
        with self._lock:
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with outer._lock:
                    outer._open[self.connection] = next(outer._numbers)

            def finish(self) -> None:
                with suppress(OSError):
                    super().finish()
                with outer._lock:
                    outer._open.pop(self.connection, None)

            def log_message(self, *_: object) -> None:
                return

            def handle_one_request(self) -> None:
                with suppress(OSError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                form = dict(parse_qsl(body, keep_blank_values=True))
                outer.seen.append(Seen(self.command, self.path, headers, form, outer._open[self.connection]))
                self._answer(outer.next())

            do_GET = do_POST  # noqa: N815  the base class's spelling

            def _answer(self, answer: Answer) -> None:
                time.sleep(answer.delay)
                if answer.drop:
                    self.close_connection = True
                    return
                body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        return Handler


@contextmanager
def scripted(*answers: Answer) -> Iterator[Scripted]:
    """Run a scripted gateway."""
    server = Scripted(*answers)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
