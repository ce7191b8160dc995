"""Callers who wait: in and out of a queue, their place, how long it may take, and whether the queue is open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, or_, select, tuple_
from sqlalchemy.orm import Session

from cases import rota, together
from cases.calls import taking
from cases.calls.taking import Crew
from cases.departments import City
from cases.models import PhoneCall, QueueStay
from cases.together import Kept, Part

#: the queue of who wants no department
GENERAL = "*"
#: why a stay ended
ANSWERED, ABANDONED, CALL_BACK, MOVED, VOICEMAIL, CLOSED = (
    *("answered", "abandoned", "call_back"),
    *("moved", "voicemail", "closed"),
)
#: answers that the expected wait is told from: so many of so long
RECENT, RECENT_FOR = 10, timedelta(hours=1)
_ENTER = insert(QueueStay).returning(QueueStay)
_OPEN = (
    select(QueueStay)
    .where(QueueStay.call_id == bindparam("call_id"), QueueStay.left_at.is_(None))
    .order_by(QueueStay.id.desc())
    .limit(1)
)
_ALL = select(QueueStay).where(QueueStay.call_id == bindparam("call_id")).order_by(QueueStay.id)
_KEEPS_PLACE = (QueueStay.left_as == CALL_BACK) & QueueStay.returned_at.is_(None)
_BEFORE = select(func.count().label("number")).where(
    QueueStay.queue == bindparam("queue"),
    or_(QueueStay.left_at.is_(None), _KEEPS_PLACE),
    tuple_(QueueStay.since, QueueStay.id) < tuple_(bindparam("since"), bindparam("stay_id")),
)
_WAITING = select(func.count().label("number")).where(
    QueueStay.queue == bindparam("queue"), QueueStay.left_at.is_(None)
)
_ANSWERS = (
    select(QueueStay.left_at, QueueStay.agent_id)
    .where(
        QueueStay.queue == bindparam("queue"),
        QueueStay.left_as == ANSWERED,
        QueueStay.entered_at > bindparam("after"),
    )
    .order_by(QueueStay.left_at.desc())
    .limit(together.first(RECENT))
)


def _waiting() -> Mapping[str, Part | Kept]:
    return {"waiting": _WAITING}


def _served() -> Mapping[str, Part | Kept]:
    return {"before": _BEFORE, "answers": _ANSWERS}


_AHEAD = {**together.kept(_waiting), **taking.PARTS}
_STANDING = together.kept(_served)
_STANDING_AND_CREW = {**_STANDING, **taking.PARTS}


@dataclass(frozen=True, slots=True)
class Ahead:
    """What somebody finds who wants to wait: how many ``wait`` already, and who takes calls."""

    waiting: int
    crew: Crew


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in the queue, from 1; None where nobody can say how long it takes."""

    position: int
    expected_seconds: int | None


def known(city: City, queue: str) -> str:
    """Return the queue of a department, or the general one where there is no such department."""
    return queue if queue in city.departments else GENERAL


def is_open(city: City, queue: str, *, at: datetime) -> bool:
    """Tell whether a queue's people answer now, by their calendar."""
    return rota.calendar_of(city, _department(queue)).is_open(at)


def opens_at(city: City, queue: str, *, at: datetime) -> datetime:
    """Return when a queue's people answer again."""
    return rota.calendar_of(city, _department(queue)).next_opening(at)


def ahead(session: Session, queue: str, *, city: City, at: datetime) -> Ahead:
    """Return what somebody finds who wants to wait in a queue."""
    found = together.read(session, _AHEAD, {"queue": queue, "now": at})
    return Ahead(found["waiting"][0].number, taking.of_parts(found, city=city, at=at))


def enter(
    session: Session,
    call: PhoneCall,
    queue: str,
    *,
    at: datetime,
    since: datetime | None = None,
    needs: Sequence[str] = (),
) -> QueueStay:
    """Let a call wait; ``since`` is older where it keeps a place."""
    row = {"call_id": call.id, "queue": queue, "needs": list(needs), "since": since or at, "entered_at": at}
    with session.no_autoflush:  # the call's own row is written once, with its page
        return session.scalars(_ENTER, row).one()


def refuse(session: Session, call: PhoneCall, queue: str, *, at: datetime) -> None:
    """Note that a caller wanted to wait where nobody answers now, so that somebody calls them."""
    leave(enter(session, call, queue, at=at), CLOSED, at=at)


def leave(stay: QueueStay, left_as: str, *, at: datetime, agent_id: int | None = None) -> None:
    """End a wait, unless it has ended."""
    if stay.left_at is None:
        stay.left_at, stay.left_as, stay.agent_id = at, left_as, agent_id


def current(session: Session, call: PhoneCall) -> QueueStay | None:
    """Return the wait that a call is in."""
    return session.scalars(_OPEN, {"call_id": call.id}).one_or_none()


def all_of(session: Session, call: PhoneCall) -> Sequence[QueueStay]:
    """Return all waits of a call, oldest first."""
    return session.scalars(_ALL, {"call_id": call.id}).all()


def standing(session: Session, stay: QueueStay, *, city: City, at: datetime, crew: Crew | None = None) -> Standing:
    """Return a waiting caller's place, and how long it takes by the latest answers: their intervals, stretched or
    shortened by how many agents gave them and how many there are now. ``crew``: where it has just been read.
    """
    about = {"queue": stay.queue, "since": stay.since, "stay_id": stay.id, "after": at - RECENT_FOR, "now": at}
    with session.no_autoflush:  # nothing of the call's own row counts here
        found = together.read(session, _STANDING if crew else _STANDING_AND_CREW, about)
    people = crew or taking.of_parts(found, city=city, at=at)
    position, answers = found["before"][0].number + 1, found["answers"]
    givers, times = len({one.agent_id for one in answers}), [one.left_at for one in answers]
    return Standing(position, expected(position, times, givers=givers, crew=people.number(stay.queue)))


def expected(position: int, answers: Sequence[datetime], *, givers: int, crew: int) -> int | None:
    """Return the expected seconds until a place is served; ``answers`` are instants, newest first. Pure."""
    if len(answers) < 2 or not crew:
        return None
    interval = (answers[0] - answers[-1]).total_seconds() / (len(answers) - 1)
    return math.ceil(position * interval * max(givers, 1) / crew)


def _department(queue: str) -> str | None:
    return None if queue == GENERAL else queue
