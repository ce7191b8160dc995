"""A process's sign of life: a lease row that /health reads, renewed by a thread of its own."""

from __future__ import annotations

import os
import socket
import threading
from datetime import timedelta

import structlog
from sqlalchemy.dialects.postgresql import insert

from cases import clock
from cases.models import Lease
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

log = structlog.get_logger(__name__)
EVERY = 10.0
LASTS = timedelta(seconds=30)


def keep_alive(container: Container, process: str) -> threading.Event:
    """Renew the lease ``process:NAME`` every ten seconds until the returned event is set."""
    stop = threading.Event()
    holder = f"{socket.gethostname()}:{os.getpid()}"

    def renew() -> None:
        while True:
            try:
                container.db.run(lambda uow: sign(uow, process, holder))
            except Exception as error:  # noqa: BLE001  a database that is away is seen by its own check
                log.warning("presence.failed", error=type(error).__name__)
            if stop.wait(EVERY):
                return

    threading.Thread(target=renew, name="presence", daemon=True).start()
    return stop


def sign(uow: UnitOfWork, process: str, holder: str) -> None:
    """Write that this process is alive now."""
    at = clock.now(uow.session)
    row = {"name": f"process:{process}", "holder": holder, "until": at + LASTS, "seen_at": at}
    statement = insert(Lease).values(**row)
    uow.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))
