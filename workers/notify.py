"""Tells people of danger and of escalations; ``cases/alerts.py`` and ``cases/notices.py`` decide who, when and how."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from cases import alerts, clock, notices
from cases.departments import City
from cases.notices import Told
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.jobs import DRAIN
from workers.deliver import container_in_use


class Tell(Protocol):
    """What tells people of notices of one sort."""

    def __call__(self, session: Session, *, city: City, at: datetime) -> Told: ...


TELL = "workers.notify.tell"
#: there is one kind of work here, so its key says nothing
KEY = "all"


def tell(key: str) -> int:
    """Do what waits; returns how many notices were settled. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(TELL, key)
    return tell_all(container)


def tell_all(container: Container) -> int:
    """Tell of danger to life; then turn every escalation into notices and tell those whose time has come.

    Returns how many notices were settled.
    """
    settled = _settle(container, alerts.tell)
    while container.db.run(lambda uow: notices.address(uow.session, city=container.city, at=clock.now(uow.session))):
        pass
    return settled + _settle(container, notices.tell)


def _settle(container: Container, tell: Tell) -> int:
    """Tell until nothing waits; returns how many notices were settled."""
    settled = 0
    while found := container.db.run(lambda uow: _told(uow, container, tell)):
        settled += found.settled
        for account in found.accounts:
            container.jobs.nudge(DRAIN, account)
    return settled


def _told(uow: UnitOfWork, container: Container, tell: Tell) -> Told | None:
    told = tell(uow.session, city=container.city, at=clock.now(uow.session))
    return told if told.settled else None
