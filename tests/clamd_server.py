"""A server that speaks clamd's protocol over a socket, and finds what it is told to find."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Daemon:
    """What the server knows and was asked. ``largest``: bytes of one content; ``answer`` replaces every verdict."""

    address: str
    signatures: dict[bytes, str] = field(default_factory=dict)
    largest: int = 25 * 1024 * 1024
    answer: bytes | None = None
    pings: int = 0
    scanned: list[bytes] = field(default_factory=list)

    def verdict(self, content: bytes) -> bytes:
        self.scanned.append(content)
        if self.answer is not None:
            return self.answer
        found = next((name for mark, name in self.signatures.items() if mark in content), None)
        return f"stream: {found} FOUND\0".encode() if found else b"stream: OK\0"


@contextmanager
def clamd(place: Path | int) -> Iterator[Daemon]:
    """Serve at a Unix socket, or at a port of this machine (0: a free one)."""
    daemon = Daemon("")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = b""
            while not asked.endswith(b"\0"):
                byte = self.rfile.read(1)
                if not byte:
                    return
                asked += byte
            if asked == b"zPING\0":
                daemon.pings += 1
                self.wfile.write(b"PONG\0")
            elif asked == b"zINSTREAM\0":
                self.wfile.write(self._streamed())
            else:
                self.wfile.write(b"UNKNOWN COMMAND\0")

        def _streamed(self) -> bytes:
            content = b""
            while size := struct.unpack("!I", self.rfile.read(4))[0]:
                content += self.rfile.read(size)
                if len(content) > daemon.largest:
                    return b"INSTREAM size limit exceeded. ERROR\0"
            return daemon.verdict(content)

    server: socketserver.BaseServer
    if isinstance(place, int):
        server = socketserver.ThreadingTCPServer(("127.0.0.1", place), Handler)
        daemon.address = f"127.0.0.1:{server.server_address[1]}"
    else:
        place.unlink(missing_ok=True)
        server = socketserver.ThreadingUnixStreamServer(str(place), Handler)
        daemon.address = f"unix:{place}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield daemon
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
