"""The real job worker, told to stop between the question to Redis that waits for a job and its answer."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from redis.connection import AbstractConnection

from workers import boot

_send = AbstractConnection.send_packed_command


def send(connection: AbstractConnection, command: Any, *args: Any, **options: Any) -> None:
    """Ask; the signal comes behind a question whose answer is long in coming (BLPOP, BLMOVE)."""
    _send(connection, command, *args, **options)
    words = command if isinstance(command, list) else [command]
    waits = any(b"\r\nBL" in bytes(word) for word in words if isinstance(word, bytes | memoryview))
    if waits and threading.current_thread() is threading.main_thread():
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    AbstractConnection.send_packed_command = send  # type: ignore[method-assign]
    sys.exit(boot.main())
