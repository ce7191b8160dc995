"""The clinic at work: promises a chunk at a time by the ticker, then yesterday's figures and the board by a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.figures.recounting import recount
from cases.figures.setting import setting_of
from cases.sla import examining
from cases.sla.clinic import Drift
from contactcentre import board
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

SUMS = "workers.examine.sums"
#: there is one examination at a time, so its key says nothing
KEY = "all"


def examine(container: Container) -> int:
    """Compare some promises with their histories, beginning to once a day; returns how many cases were looked at.

    Once all are done it asks for the figures to be compared: that takes long, and the clock must not wait for it.
    """

    def work(uow: UnitOfWork) -> int:
        session, at = uow.session, clock.now(uow.session)
        examining.begin_daily(session, at=at)
        looked = examining.advance(session, container.city.calendars, at=at)
        if examining.walked(session):
            uow.after_commit(lambda: container.jobs.nudge_soon(SUMS, KEY))
        return looked

    return container.db.run(work)


def finish(container: Container) -> bool:
    """Compare yesterday's figures and the board, and end the examination; tells whether there was one to end."""
    with container.db.reader() as session:
        if not examining.walked(session):
            return False
    # Apart from the figures, and a chunk at a time: the board must not stand still while others are compared.
    drifts = board.drifts(container)

    def work(uow: UnitOfWork) -> bool:
        session, at = uow.session, clock.now(uow.session)
        day = yesterday(session, container)
        return examining.finish(session, lambda: [*of_sums(session, container.city, day), *drifts], at=at)

    return container.db.run(work)


def yesterday(session: Session, container: Container) -> date:
    """Return the last local day that has ended."""
    return setting_of(container.city).date_of(clock.now(session)) - timedelta(days=1)


def of_sums(session: Session, city: City, day: date) -> Sequence[Drift]:
    """Return where the figures of a local day differ from what the histories come to."""
    return [
        Drift(
            case_id=None,
            of=one.measure,
            what=", ".join(f"{name} {value}" for name, value in one.key.items() if value != ""),
            stored=_said(one.stored),
            derived=_said(one.counted),
        )
        for one in recount(session, setting_of(city), since=day, until=day)
    ]


def _said(number: int | None) -> str:
    return "none" if number is None else str(number)
