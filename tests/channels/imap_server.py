"""A real IMAP server (pymap) for one test, with one mailbox in memory, and what citizens put there."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from imapclient import IMAPClient

USER, PASSWORD = "desk", "mailbox-password"


class Server:
    """The server's end of the mailbox."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, process

    @contextmanager
    def opened(self) -> Iterator[IMAPClient]:
        """Log in as another program of the mailbox's owner would."""
        with IMAPClient("127.0.0.1", self.port, ssl=False) as client:
            client.login(USER, PASSWORD)
            yield client

    def put(self, *mails: bytes, at: datetime = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)) -> None:
        """Let mails arrive."""
        with self.opened() as client:
            for one in mails:
                client.append("INBOX", one, msg_time=at)

    def count(self, folder: str = "INBOX") -> int:
        """Return how many mails are in a folder; a folder that is not there has none."""
        with self.opened() as client:
            if not client.folder_exists(folder):
                return 0
            return int(client.select_folder(folder, readonly=True)[b"EXISTS"])


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server with an empty mailbox."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("pymap")
    services = ["--no-service", "admin", "--no-service", "managesieve", "--no-tls"]
    login = ["--demo-data", "--demo-user", USER, "--demo-password", PASSWORD]
    process = subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", str(port), *services, "dict", *login],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        server = Server(port, process)
        _await(port)
        with server.opened() as client:
            client.select_folder("INBOX")
            client.delete_messages(client.search("ALL"))
            client.expunge()
        yield server
    finally:
        process.kill()
        process.wait()


def _await(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the IMAP server did not start")
