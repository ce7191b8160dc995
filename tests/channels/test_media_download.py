"""Downloads from servers that mean harm: names that move, bytes that drip, answers that are cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from channels import media
from channels.http import Client, ForbiddenAddress
from channels.media import MediaFault, download
from channels.sms import twilio
from tests.channels import twilio_account

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
Speak = Callable[[socket.socket], object]


@contextmanager
def server(speak: Speak) -> Iterator[tuple[int, list[bytes]]]:
    """Answer each connection by ``speak``, and keep what it asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    one, _ = listening.accept()
                    with one, contextlib.suppress(OSError):
                        asked.append(one.recv(65536))
                        speak(one)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], asked
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def fetched(port: int, *, host: str = "127.0.0.1", scheme: str = "http", client: Client | None = None) -> bytes:
    known = f"{scheme}://{host}:{port}"
    with download(client or Client(loopback=True), f"{known}/x", login=("a", "b"), known=known) as file:
        return file.read()


def test_all_bytes_come_in_one_piece_and_in_chunks() -> None:
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(PNG) + PNG
    with server(lambda one: one.sendall(whole)) as (port, asked):
        assert fetched(port) == PNG
    assert b"Authorization: Basic" in asked[0]
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (8, PNG[:8], 120, PNG[8:])
    with server(lambda one: one.sendall(chunked)) as (port, _):
        assert fetched(port) == PNG


CUT_OFF = {
    "by length": HEAD + b"Content-Length: 500\r\n\r\n" + PNG,
    "in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n200\r\n" + PNG,
    "between chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\n" + PNG[:8] + b"\r\n",
    "in the head": HEAD,
    "no HTTP": b"picture\r\n\r\n",
    "wrongly packed": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 128\r\n\r\n" + PNG,
}


@pytest.mark.parametrize("answer", CUT_OFF.values(), ids=CUT_OFF)
def test_half_a_picture_is_not_taken_for_one(answer: bytes) -> None:
    with server(lambda one: one.sendall(answer)) as (port, _), pytest.raises(MediaFault) as told:
        fetched(port)
    assert told.value.again


def test_a_gateway_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "TIMEOUT", (1.0, 0.2))
    done = threading.Event()
    with server(lambda _: done.wait(30)) as (port, _):
        with pytest.raises(MediaFault, match="could not be reached") as told:
            fetched(port)
        done.set()
    assert told.value.again


def test_bytes_that_drip_are_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "LONGEST", 0.3)
    dripped = bytearray()

    def drip(one: socket.socket) -> None:
        one.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(PNG))
        for byte in PNG:
            one.sendall(bytes([byte]))
            dripped.append(byte)
            time.sleep(0.02)

    with server(drip) as (port, _), pytest.raises(MediaFault, match="too slowly") as told:
        fetched(port)
    assert told.value.again
    assert len(dripped) < len(PNG), "it was read to its end"


def test_what_never_ends_is_refused_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "LARGEST", 1024 * 1024)
    sent = 0

    def pour(one: socket.socket) -> None:
        nonlocal sent
        one.sendall(HEAD + b"\r\n")
        while sent < 64 * 1024 * 1024:
            one.sendall(PNG * 500)
            sent += len(PNG) * 500

    with server(pour) as (port, _), pytest.raises(MediaFault, match="larger than 1 MB") as told:
        fetched(port)
    assert (told.value.again, told.value.refused) == (False, True)
    assert sent < 32 * 1024 * 1024


def resolving(*answers: str, port: int) -> Callable[..., Any]:
    """Return a resolver that gives one address after the other, the last again and again."""
    left = list(answers)

    def resolve(host: str, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        if host[0].isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def test_a_name_that_moves_inside_after_it_was_checked_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda one: one.sendall(HEAD + b"Content-Length: 1\r\n\r\nx")) as (port, asked):
        monkeypatch.setattr(socket, "getaddrinfo", resolving("93.184.216.34", "127.0.0.1", port=port))
        with pytest.raises(MediaFault, match="private network"):
            fetched(port, host="moves.example", client=Client())
    assert asked == []


def test_of_several_addresses_one_that_answers_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda one: one.sendall(HEAD + b"Content-Length: 1\r\n\r\nx")) as (port, asked):
        monkeypatch.setattr(Client, "resolve", lambda *_: ["127.0.0.9", "127.0.0.1"])
        assert fetched(port, host="two.example") == b"x"
    assert b"Host: two.example" in asked[0]


def test_an_encrypted_gateway_is_still_asked_for_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda _: None) as (port, hellos):
        monkeypatch.setattr(Client, "resolve", lambda *_: ["127.0.0.1"])
        with pytest.raises(MediaFault, match="could not be reached"):
            fetched(port, host="two.example", scheme="https")
    assert b"two.example" in hellos[0], "the certificate would be checked for the bare address"


@pytest.mark.parametrize(
    ("base_url", "allowed"),
    [(None, False), ("https://stack.example", False), ("http://localhost:1", True), ("http://127.0.0.1:1", True)],
)
def test_this_machine_may_be_asked_only_where_the_gateway_is_a_double_here(
    monkeypatch: pytest.MonkeyPatch, base_url: str | None, allowed: bool
) -> None:
    clients: list[Client] = []
    monkeypatch.setattr(twilio, "download", lambda client, *_, **__: clients.append(client))
    twilio_account.channel(base_url).fetch("https://api.twilio.com/picture")
    with contextlib.nullcontext() if allowed else pytest.raises(ForbiddenAddress):
        clients[0].check("http://127.0.0.1:1/")
