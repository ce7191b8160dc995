"""An office whose events are counted, and what the figures then say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from cases.figures import nights, projecting, recounting
from cases.figures.differences import Difference
from cases.figures.setting import Setting, setting_of
from cases.messages import DeliveryStatus
from cases.models import FigureFact, FigureSum, Message
from cases.receipts import advance
from contactcentre.db import UnitOfWork
from tests.integration.office import Office, now

ALL_DAYS = (date(2026, 1, 1), date(2026, 12, 31))


def setting(desk: Office) -> Setting:
    return setting_of(desk.city)


def count(desk: Office, *, limit: int = projecting.MOST_EVENTS) -> int:
    """Count everything that waits; returns how many events were passed."""
    passed = 0
    while found := desk.db.run(
        lambda uow: projecting.project(uow.session, setting(desk), at=now(), limit=limit)
    ):  # fmt: skip
        passed += found
    return passed


def night(desk: Office) -> date | None:
    return desk.db.run(lambda uow: nights.take_night(uow.session, setting(desk), at=now()))


def sums(desk: Office, *measures: str) -> dict[str, int]:
    """Return the sums of these measures as ``measure part day department``, those that are 0 left out."""
    with desk.db.reader() as session:
        rows = session.scalars(select(FigureSum).where(FigureSum.measure.in_(measures), FigureSum.count != 0))
        return {" ".join(filter(None, (r.measure, r.part, f"{r.day:%m-%d}", r.department))): r.count for r in rows}


def facts(desk: Office, *measures: str) -> dict[str, tuple[int, int]]:
    """Return the facts of these measures as ``measure day department``, in whole minutes on the clock and of work."""
    with desk.db.reader() as session:
        rows = session.scalars(select(FigureFact).where(FigureFact.measure.in_(measures)))
        return {f"{r.measure} {r.day:%m-%d} {r.department}": (r.wall // 60, r.business // 60) for r in rows}


def differences(desk: Office, since: date = ALL_DAYS[0], until: date = ALL_DAYS[1]) -> Sequence[Difference]:
    with desk.db.reader() as session:
        return recounting.recount(session, setting(desk), since=since, until=until)


def reported(desk: Office, message_id: int, status: DeliveryStatus = DeliveryStatus.FAILED) -> None:
    """Let a gateway report what became of a message, and a ticker look at the promise that it kept."""

    def work(uow: UnitOfWork) -> None:
        message = uow.session.get_one(Message, message_id)
        if status is not DeliveryStatus.DELIVERED:
            message.status = "sent"
        uow.session.flush()
        advance(uow.session, message, status, reason="switched off", at=now())

    desk.db.run(work)
    desk.wakes()
