"""Whom an answer is owed since when: the oldest message of a case that nobody has answered, and its promise.

Which message that is follows from the filings. A case that was merged has been answered by what was said in the one
that it went into, but only from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import survivors
from cases.departments import City
from cases.matching import Reason
from cases.models import Case, Event, Filing, Message, Timer
from cases.models.event import Happened
from cases.sla import pauses, promises
from cases.sla.terms import thawed
from cases.sla.timers import ANSWERS, TimerKind, TimerState, begin, breach_if_late, live, promise, rested, stop

_LOST = ("failed", "expired")
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Owed:
    """The oldest message without an answer, and when it came."""

    message_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Answer:
    case_id: int
    at: datetime


def oldest(session: Session, case: Case) -> Owed | None:
    """Return the oldest message of the citizen that nobody has answered; thanks want no answer."""
    session.flush()
    ways = _ways(session, case.id)
    answers = [*_written(session, ways), *_spoken(session, ways)]
    query = (
        select(Message.id, Message.created_at, Filing.case_id)
        .join(Filing, Filing.message_id == Message.id)
        .where(Filing.case_id.in_(ways), Filing.removed_at.is_(None), Filing.reason != Reason.THANKS)
        .where(Message.direction == "in")
        .order_by(Message.created_at, Message.id)
    )
    for message_id, at, filed in session.execute(query):
        if not any(_answers(one, at, ways[filed]) for one in answers):
            return Owed(message_id, at)
    return None


def follow(session: Session, case: Case, before: Owed | None, *, city: City, at: datetime, why: str) -> list[Happened]:
    """Let the promises of an answer follow the message that is now the oldest without one; ``before`` was it.

    A promise whose message has gone ends, neither kept nor broken; what is owed since another message is promised from
    when that came.
    """
    now = oldest(session, case)
    if now == before:
        return []
    happened: list[Happened] = []
    earlier = [timer for timer in live(session, case) if timer.kind in ANSWERS]
    for timer in earlier:
        happened += _ended(session, timer, at=at, why=why)
    if now is not None and earlier:
        kind = TimerKind(earlier[0].kind)
        made = promise(thawed(earlier[0].policy), kind, calendars=city.calendars, started=now.at)
        begin(session, case, made)
        happened.append(made.happened)
    elif now is not None:
        happened += promises.citizen_wrote(session, case, city=city, received=now.at)
    return [*happened, *pauses.follow(session, case, case.status, calendars=city.calendars, at=at)]


def told(session: Session, case: Case) -> Mapping[str, Any]:
    """Return what an event tells of it, by which the figures count."""
    found = oldest(session, case)
    return {"owed_since": found.at.isoformat() if found else None}


def _ended(session: Session, timer: Timer, *, at: datetime, why: str) -> list[Happened]:
    late = breach_if_late(timer, at=at)
    timer.state = TimerState.ENDED
    stop(session, timer, at=at)
    return [*late, rested(timer, why=why)]


def _ways(session: Session, case_id: int) -> dict[int, dict[int, datetime]]:
    """Return of each case of the tree the cases above it, itself included, and since when these speak for it."""
    tree = survivors.tree(case_id)
    query = select(Case.id, Case.merged_into_id, Case.closed_at).join(tree, tree.c.id == Case.id)
    rows = {row.id: row for row in session.execute(query)}
    return {one: dict(_up(one, case_id, rows)) for one in rows}


def _up(start: int, root: int, rows: Mapping[int, Any]) -> Sequence[tuple[int, datetime]]:
    way, since = [(start, _EVER)], _EVER
    while start != root:
        since = max(since, rows[start].closed_at or _EVER)
        start = rows[start].merged_into_id
        way.append((start, since))
    return way


def _answers(one: _Answer, message_at: datetime, way: Mapping[int, datetime]) -> bool:
    since = way.get(one.case_id)
    return since is not None and one.at >= max(since, message_at)


def _written(session: Session, ways: Mapping[int, object]) -> list[_Answer]:
    query = (
        select(Filing.case_id, Message.created_at)
        .join(Message, Message.id == Filing.message_id)
        .where(Filing.case_id.in_(ways), Filing.removed_at.is_(None), Message.direction == "out")
        .where(Message.automatic.is_(False), Message.status.not_in(_LOST))
    )
    return [_Answer(case_id, at) for case_id, at in session.execute(query)]


def _spoken(session: Session, ways: Mapping[int, object]) -> list[_Answer]:
    query = select(Event.case_id, Event.at).where(Event.case_id.in_(ways), Event.kind == "contact_logged")
    reached = query.where(Event.values["reached"].as_boolean())
    return [_Answer(case_id, at) for case_id, at in session.execute(reached)]
