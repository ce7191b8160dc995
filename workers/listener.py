"""The listener: holds the long connections of accounts that listen, one holder per account by a lease row."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from datetime import timedelta

import structlog
from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert

from cases import clock
from cases.models import Lease
from channels.base import Listens
from contactcentre import logs
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.presence import sign
from contactcentre.production import refuse_weak

log = structlog.get_logger(__name__)
EVERY = 5.0
LEASE = timedelta(seconds=30)


def main() -> int:
    """Hold what is to be held until SIGTERM."""
    container = Container.from_environment()
    logs.configure(container.settings, process="listener")
    refuse_weak(container)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    holder, told = f"{socket.gethostname()}:{os.getpid()}", None
    while True:
        try:
            container.db.run(lambda uow: sign(uow, "listener", holder))
            listening = [key for key, channel in container.accounts.items() if isinstance(channel, Listens)]
            if listening != told:
                log.info("listener.accounts", accounts=listening)
                told = listening
        except Exception as error:  # noqa: BLE001  the next turn tries again
            log.error("listener.failed", error=type(error).__name__)
        if stop.wait(EVERY):
            container.close()
            return 0


def hold(uow: UnitOfWork, account: str, holder: str) -> bool:
    """Take or renew the lease on an account's connection; False while another process holds it."""
    at = clock.now(uow.session)
    row = {"name": f"listener:{account}", "holder": holder, "until": at + LEASE, "seen_at": at}
    free = or_(Lease.holder == holder, Lease.until < at)
    statement = insert(Lease).values(**row).on_conflict_do_update(index_elements=["name"], set_=row, where=free)
    return uow.session.execute(statement.returning(Lease.name)).first() is not None


if __name__ == "__main__":
    sys.exit(main())
