"""The listener: holds the long connections of accounts that listen, one holder per account by a lease row."""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert

from cases import clock
from cases.models import Lease
from channels.base import Listens
from channels.errors import AccountFault
from contactcentre import logs
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.parcels import Inbox
from contactcentre.presence import sign
from contactcentre.production import refuse_weak

log = structlog.get_logger(__name__)
EVERY = 5.0
LEASE = timedelta(seconds=30)
#: seconds between two tries to connect: doubled each time. An account that is refused is asked rarely: some servers
#: lock out who knocks with a wrong password again and again
FIRST_PAUSE, LONGEST_PAUSE, PAUSE_REFUSED = 1.0, 300.0, 900.0
#: seconds after which a connection that broke counts as one that had worked
WORKED = 60.0


@dataclass(slots=True)
class Held:
    """One account's connection, in a thread of its own that ends with the process."""

    container: Container
    account: str
    channel: Listens
    over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen until told to stop."""
        self._thread = threading.Thread(target=self._run, name=f"listen-{self.account}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether its thread still runs; one that something unforeseen has ended is begun again."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        inbox, failures = Inbox(self.container, self.account), 0
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.channel.run(inbox, self.over.is_set)
                failures, trouble = 0, None
            except Exception as error:  # noqa: BLE001  whatever breaks a connection, it is made anew
                failures = 1 if time.monotonic() - began > WORKED else failures + 1
                trouble = error
                log.warning("listener.broke", account=self.account, error=type(error).__name__, failures=failures)
                inbox.tell(_in_words(error))
            if trouble is not None:
                self.over.wait(_pause(failures, refused=isinstance(trouble, AccountFault)))


def main() -> int:
    """Hold what is to be held until SIGTERM."""
    container = Container.from_environment()
    logs.configure(container.settings, process="listener")
    refuse_weak(container)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    holder = f"{socket.gethostname()}:{os.getpid()}"
    held: dict[str, Held] = {}
    while True:
        try:
            container.db.run(lambda uow: sign(uow, "listener", holder))
            follow(container, held, holder)
        except Exception as error:  # noqa: BLE001  the next turn tries again
            log.error("listener.failed", error=type(error).__name__)
        if stop.wait(EVERY):
            for one in held.values():
                one.over.set()
            container.close()
            return 0


def follow(container: Container, held: dict[str, Held], holder: str) -> None:
    """Begin what is configured and nobody else holds; end what is not, or not any more as it was."""
    listening = {key: one for key, one in container.accounts.items() if isinstance(one, Listens) and one.listens}
    ours = {key for key in listening if container.db.run(partial(hold, account=key, holder=holder))}
    wanted = {key: channel for key, channel in listening.items() if key in ours}
    for key in [key for key, one in held.items() if wanted.get(key) is not one.channel or not one.is_alive]:
        held.pop(key).over.set()
    for key in wanted.keys() - held.keys():
        held[key] = Held(container, key, wanted[key])
        held[key].start()
        log.info("listener.listens", account=key)


def hold(uow: UnitOfWork, account: str, holder: str) -> bool:
    """Take or renew the lease on an account's connection; False while another process holds it."""
    at = clock.now(uow.session)
    row = {"name": f"listener:{account}", "holder": holder, "until": at + LEASE, "seen_at": at}
    free = or_(Lease.holder == holder, Lease.until < at)
    statement = insert(Lease).values(**row).on_conflict_do_update(index_elements=["name"], set_=row, where=free)
    return uow.session.execute(statement.returning(Lease.name)).first() is not None


def _pause(failures: int, *, refused: bool) -> float:
    doubled = 2 ** min(failures - 1, 20)  # beyond the longest pause, and never beyond what a float holds
    usual = min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
    longest = PAUSE_REFUSED if refused else usual
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  so that many do not come back together


def _in_words(error: Exception) -> str:
    return error.agent_text if isinstance(error, AccountFault) else f"It cannot be reached ({type(error).__name__})."


if __name__ == "__main__":
    sys.exit(main())
