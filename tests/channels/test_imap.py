"""A mailbox over a real IMAP server: each mail is stored once, moved once it is, and none is ever skipped."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import Parcel
from channels.email import imap
from channels.email.mailbox import Mailbox
from channels.email.settings import MailboxSettings
from channels.errors import AccountFault
from channels.settings import Secret
from tests.channels.imap_server import PASSWORD, USER, Server, serving
from tests.faults.imap_proxy import MIDWAY, UNANSWERED, UNASKED, Cut, Proxy


class Kept:
    """An inbox that keeps in memory; ``refuses`` counts takings that fail before anything is kept."""

    def __init__(self, *, refuses: int = 0) -> None:
        self.taken: dict[str, tuple[bytes, Parcel]] = {}
        self.told: list[str] = []
        self.refuses = refuses

    def missing(self, keys: Sequence[str]) -> list[str]:
        return [key for key in keys if key not in self.taken]

    def take(self, parcel: Parcel) -> None:
        if self.refuses:
            self.refuses -= 1
            raise ConnectionError("the database is away")
        assert parcel.key not in self.taken
        self.taken[parcel.key] = (parcel.content.read(), parcel)

    def tell(self, trouble: str) -> None:
        self.told.append(trouble)

    @property
    def contents(self) -> list[bytes]:
        """What was kept, byte for byte."""
        return [content for content, _ in self.taken.values()]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(imap, "RENEW", 4.0)  # this server may not tell of what came just before a wait
    with running.opened() as client:
        for folder in ("INBOX", "Processed", "Too large"):
            if client.folder_exists(folder):
                client.select_folder(folder)
                client.delete_messages(client.search("ALL") or [1])
                client.expunge()
    return running


def _mailbox(server: Server, **changed: Any) -> Mailbox:
    values = {
        "id": "mail", "channel": "email", "gateway": "mailbox", "address": "desk@example.gh",
        "hook_secret": Secret("env:HOOK"), "read_secret": lambda _: PASSWORD, "user": USER,
        "password": Secret("env:PASSWORD"), "imap_host": "127.0.0.1", "imap_port": server.port,
        "imap_security": "none", "smtp_host": "127.0.0.1",
    }  # fmt: skip
    return Mailbox(MailboxSettings(**{**values, **changed}))


def _words(number: int, size: int = 0) -> bytes:
    head = f"From: Ama <ama@example.com>\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\n"
    return head.encode() + b"The gutter is choked.\r\n" + b"x" * size


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def _listened(mailbox: Mailbox, kept: Kept, until: Callable[[], bool]) -> None:
    """Listen until something is so; raises what broke the connection."""
    over, broke = threading.Event(), []

    def listen() -> None:
        try:
            mailbox.run(kept, over.is_set)
        except Exception as error:  # noqa: BLE001  whatever it is, the test shall see it
            broke.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        _until(lambda: bool(broke) or until())
    finally:
        over.set()
        thread.join(30)
    assert not thread.is_alive()
    if broke:
        raise broke[0]


def test_what_is_there_and_what_comes_is_stored_byte_for_byte_and_moved(server: Server) -> None:
    server.put(_words(1), _words(2))
    kept, came = Kept(), threading.Event()

    def both() -> bool:
        if len(kept.taken) == 2 and not came.is_set():
            came.set()
            server.put(_words(3))
        return server.count("Processed") == 3

    _listened(_mailbox(server), kept, both)
    assert kept.contents == [_words(1), _words(2), _words(3)]
    assert server.count() == 0
    arrived = {parcel.arrived_at for _, parcel in kept.taken.values()}
    assert arrived == {datetime(2026, 3, 2, 10, 0, tzinfo=UTC)}
    assert kept.told[0] == ""


def test_half_a_line_that_comes_while_waiting_is_read_to_its_end(server: Server) -> None:
    proxy = Proxy(server.port, halts=0.05)
    proxy.start()
    kept, came = Kept(), threading.Event()

    def both() -> bool:
        if kept.told and not came.is_set():
            came.set()
            time.sleep(1.0)  # it waits by then
            server.put(_words(1))
        return server.count("Processed") == 1

    _listened(_mailbox(server, imap_port=proxy.port), kept, both)
    proxy.close()
    assert kept.contents == [_words(1)]


def test_what_could_not_be_stored_stays_and_is_fetched_again(server: Server) -> None:
    server.put(_words(1), _words(2))
    kept = Kept(refuses=1)
    with pytest.raises(ConnectionError):
        _listened(_mailbox(server), kept, lambda: False)
    assert (server.count(), kept.taken) == (2, {})
    _listened(_mailbox(server), kept, lambda: server.count("Processed") == 2)
    assert kept.contents == [_words(1), _words(2)]


def test_what_was_stored_and_not_moved_is_moved_and_not_stored_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(_words(1))
    kept = Kept()
    with monkeypatch.context() as broken:
        broken.setattr(imap, "_move", lambda *_: (_ for _ in ()).throw(ConnectionError("cut")))
        with pytest.raises(ConnectionError):
            _listened(_mailbox(server), kept, lambda: False)
    assert (len(kept.taken), server.count()) == (1, 1)
    _listened(_mailbox(server), kept, lambda: server.count("Processed") == 1)
    assert len(kept.taken) == 1


def test_a_large_mail_comes_in_pieces_and_whole(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "PIECE", 1000)
    large = _words(1, size=12_345)
    server.put(large)
    kept = Kept()
    _listened(_mailbox(server), kept, lambda: server.count("Processed") == 1)
    assert kept.contents == [large]


def test_of_a_mail_that_is_too_large_only_the_beginning_comes_and_the_next_flows(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BEGINNING", 5000)
    giant = _words(1, size=1024 * 1024 + 1)
    server.put(giant, _words(2))
    kept = Kept()
    _listened(_mailbox(server, largest_megabytes=1), kept, lambda: server.count("Processed") == 1)
    assert kept.contents == [giant[:5000], _words(2)]
    assert [parcel.whole for _, parcel in kept.taken.values()] == [False, True]
    assert server.count("Too large") == 1


def test_a_wrong_password_is_an_account_fault_that_quotes_nothing(server: Server) -> None:
    with pytest.raises(AccountFault) as refused:
        _listened(_mailbox(server, read_secret=lambda _: "wrong-secret"), Kept(), lambda: False)
    assert "wrong-secret" not in str(refused.value) + refused.value.agent_text
    assert refused.value.__cause__ is None


def test_a_connection_that_dies_in_a_wait_is_noticed() -> None:
    with serving() as dying:
        kept = Kept()

        def gone() -> bool:
            if kept.told:
                dying.process.kill()
            return False

        with pytest.raises(Exception, match=r".") as broke:
            _listened(_mailbox(dying), kept, gone)
    assert isinstance(broke.value, OSError | imap_errors())


def imap_errors() -> type[Exception]:
    from imapclient.exceptions import IMAPClientError

    return IMAPClientError


@pytest.mark.parametrize("way", [UNASKED, UNANSWERED, MIDWAY])
def test_a_connection_that_breaks_while_logging_in_is_not_a_refusal(server: Server, way: str) -> None:
    proxy = Proxy(server.port, deque([Cut("LOGIN", way)]))
    proxy.start()
    with pytest.raises((ConnectionError, imap_errors())):
        _listened(_mailbox(server, imap_port=proxy.port), Kept(), lambda: False)
    proxy.close()


def test_a_mail_larger_than_its_server_says_is_cut_as_well(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BEGINNING", 5000)
    giant = _words(1, size=2 * 1024 * 1024)
    server.put(giant)
    real = imap._looked_at
    monkeypatch.setattr(imap, "_looked_at", lambda *how: [replace(one, size=1000) for one in real(*how)])
    kept = Kept()
    _listened(_mailbox(server, largest_megabytes=1), kept, lambda: server.count("Too large") == 1)
    assert (kept.contents, kept.taken.popitem()[1][1].whole) == ([giant[:5000]], False)
