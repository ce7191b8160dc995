"""Tells people of escalations: who, when and how is decided in ``cases/notices.py``."""

from __future__ import annotations

from cases import clock, notices
from cases.notices import Told
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from workers.deliver import DRAIN, container_in_use

TELL = "workers.notify.tell"
#: there is one kind of work here, so its key says nothing
KEY = "all"


def tell(key: str) -> int:
    """Do what waits; returns how many notices were settled. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(TELL, key)
    return tell_all(container)


def tell_all(container: Container) -> int:
    """Turn every escalation into notices, then tell those whose time has come; returns how many were settled."""
    while container.db.run(lambda uow: notices.address(uow.session, city=container.city, at=clock.now(uow.session))):
        pass
    settled = 0
    while found := container.db.run(lambda uow: _tell(uow, container)):
        settled += found.settled
        for account in found.accounts:
            container.jobs.nudge(DRAIN, account)
    return settled


def _tell(uow: UnitOfWork, container: Container) -> Told | None:
    told = notices.tell(uow.session, city=container.city, at=clock.now(uow.session))
    return told if told.settled else None
