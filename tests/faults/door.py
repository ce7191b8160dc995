"""A TCP server of a test's own: each connection in a thread that ends with the process."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

HOST = "127.0.0.1"


class Door:
    """Takes connections at a free port of this machine; ``serve`` is what is done with each."""

    def __init__(self) -> None:
        self._door = socket.create_server((HOST, 0))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._door.getsockname()[1])

    def start(self) -> None:
        """Take connections until closed."""
        threading.Thread(target=self._take, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._door.close()

    def serve(self, client: socket.socket) -> None:
        """Do what this server does."""
        raise NotImplementedError

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()
