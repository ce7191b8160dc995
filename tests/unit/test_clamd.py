"""ClamAV's daemon, spoken to over real sockets."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.settings import SettingsError, load
from contactcentre.scanning import clamd as spoken
from contactcentre.scanning import scanner_at
from contactcentre.scanning.clamd import Clamd
from contactcentre.scanning.errors import CannotScan, ScannerAway
from tests.clamd_server import Daemon, clamd

MARK = b"a mark of evil"


@pytest.fixture(params=["unix", "tcp"])
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Daemon]:
    with clamd(tmp_path / "clamd.ctl" if request.param == "unix" else 0) as served:
        served.signatures[MARK] = "Test.Evil-1"
        yield served


def test_a_content_is_sent_whole_and_judged(daemon: Daemon) -> None:
    scanner = Clamd(daemon.address)
    large = bytes(range(256)) * 1000
    for content, found in ((b"plain words", None), (b"x" * 70_000 + MARK, "Test.Evil-1"), (b"", None), (large, None)):
        assert scanner.scan(io.BytesIO(content)) == found
        assert daemon.scanned.pop() == content
    scanner.ping()
    assert daemon.pings == 1


def test_what_is_too_large_for_it_is_said_although_it_hangs_up(daemon: Daemon) -> None:
    daemon.largest = 1000
    with pytest.raises(CannotScan, match="of this size"):
        Clamd(daemon.address).scan(io.BytesIO(bytes(5_000_000)))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"stream: Can't allocate memory ERROR\0", CannotScan),
        (b"UNKNOWN COMMAND\0", ScannerAway),
        (b"", ScannerAway),
        (b"stream: OK", ScannerAway),
        (b"OK\0", ScannerAway),
        (b"Evil FOUND\0", ScannerAway),
        (b"stream: maybe\0", ScannerAway),
    ],
)
def test_no_other_answer_makes_a_content_clean(daemon: Daemon, answer: bytes, error: type[Exception]) -> None:
    daemon.answer = answer
    with pytest.raises(error):
        Clamd(daemon.address).scan(io.BytesIO(b"plain words"))


@pytest.mark.parametrize("address", ["unix:/nowhere/clamd.ctl", "127.0.0.1:1"])
def test_one_that_is_not_there_is_away(address: str) -> None:
    for ask in (Clamd(address).ping, lambda: Clamd(address).scan(io.BytesIO(b"x"))):
        with pytest.raises(ScannerAway):
            ask()


@contextmanager
def silent() -> Iterator[str]:
    """A daemon whose calls are taken by the system alone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_one_that_never_answers_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "ANSWER", 0.2)
    with silent() as address, pytest.raises(ScannerAway):
        Clamd(address).scan(io.BytesIO(bytes(1000)))


def test_without_an_address_there_is_none() -> None:
    assert scanner_at("") is None


@pytest.mark.parametrize("address", ["", "unix:/run/clamav/clamd.ctl", "127.0.0.1:3310", "[::1]:3310"])
def test_an_address_is_taken(address: str, tmp_path: Path) -> None:
    assert load(tmp_path, {"CONTACTCENTRE_CLAMD": address}).clamd == address


@pytest.mark.parametrize("address", ["clamd", "unix:relative", "unix:3310", ":3310", "host:0", "host:99999", "host:x"])
def test_no_address_is_refused_by_name(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CONTACTCENTRE_CLAMD"):
        load(tmp_path, {"CONTACTCENTRE_CLAMD": address})
