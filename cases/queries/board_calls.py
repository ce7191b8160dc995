"""The waits of callers that a number of the board counts: when, in which queue and how long; never whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from cases import clock
from cases.calls import queueing
from cases.calls.terms import Calls
from cases.models import QueueStay

MOST = 1000


class Which(StrEnum):
    """Which waits a list shows; ``counted`` are those of which the share in time is a share."""

    WAITING = "waiting"
    OFFERED = "offered"
    COUNTED = "counted"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CALL_BACKS = "call_backs"


NAMES: Mapping[Which, str] = {
    Which.WAITING: "Callers who wait now",
    Which.OFFERED: "Waits of today",
    Which.COUNTED: "Waits of today, without those who hung up at once",
    Which.ANSWERED: "Answered today",
    Which.ABANDONED: "Given up today",
    Which.CALL_BACKS: "To be called back",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait; ``seconds`` until it ended, or until now. ``left_as`` None: it goes on."""

    queue: str
    entered_at: datetime
    seconds: int
    left_as: str | None


def waits(session: Session, which: Which, *, zone: ZoneInfo, terms: Calls) -> Sequence[Wait]:
    """Return the waits of a number, the latest first; today begins at local midnight."""
    at = clock.now(session)
    stay = QueueStay
    query = select(stay.queue, stay.entered_at, stay.left_at, stay.left_as).where(_counted(which, at, zone, terms))
    rows = session.execute(query.order_by(stay.entered_at.desc(), stay.id.desc()).limit(MOST))
    return [
        Wait(
            row.queue, row.entered_at, round(((row.left_at or at) - row.entered_at) / timedelta(seconds=1)), row.left_as
        )
        for row in rows
    ]


def _counted(which: Which, at: datetime, zone: ZoneInfo, terms: Calls) -> ColumnElement[bool]:
    stay = QueueStay
    if which is Which.WAITING:
        return stay.left_at.is_(None)
    if which is Which.CALL_BACKS:
        return and_(stay.left_as == queueing.CALL_BACK, stay.returned_at.is_(None))
    midnight = datetime.combine(at.astimezone(zone).date(), time(), tzinfo=zone)
    today = and_(stay.entered_at >= midnight, stay.entered_at < at)
    if which is Which.ANSWERED:
        return and_(today, stay.left_as == queueing.ANSWERED)
    if which is Which.ABANDONED:
        return and_(today, stay.left_as == queueing.ABANDONED)
    if which is Which.COUNTED:
        seconds = func.extract("epoch", stay.left_at - stay.entered_at)
        lasted = or_(stay.left_as.is_(None), stay.left_as != queueing.ABANDONED, seconds >= terms.short_seconds)
        return and_(today, lasted)
    return today
