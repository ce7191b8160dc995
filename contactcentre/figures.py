"""The ticker's duty of counting: what was committed since, then the nights that have ended, and first contacts."""

from __future__ import annotations

import time

from cases import clock
from cases.figures import first_contact, nights, projecting
from cases.figures.setting import setting_of
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

#: seconds in one turn, so that a long backlog does not keep the ticker from its other duties
LONGEST = 1.0


def count_figures(container: Container) -> int:
    """Count what waits, for a second at most; returns how many events were passed."""
    setting, passed, until = setting_of(container.city), 0, time.monotonic() + LONGEST

    def batch(uow: UnitOfWork) -> int:
        return projecting.project(uow.session, setting, at=clock.now(uow.session))

    def night(uow: UnitOfWork) -> bool:
        return nights.take_night(uow.session, setting, at=clock.now(uow.session)) is not None

    def judge(uow: UnitOfWork) -> bool:
        return first_contact.take_day(uow.session, setting, at=clock.now(uow.session)) is not None

    while (found := container.db.run(batch)) == projecting.MOST_EVENTS and time.monotonic() < until:
        passed += found
    if found < projecting.MOST_EVENTS:
        container.db.run(night)
        while container.db.run(judge) and time.monotonic() < until:
            pass
    return passed + found
