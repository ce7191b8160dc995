"""The figures of calls as they are published (offered, answered, abandoned, ASA, AHT, service level), and of now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import clock
from cases.calls import queueing
from cases.calls.states import CallState
from cases.calls.terms import Calls
from cases.models import PhoneCall, QueueStay


@dataclass(frozen=True, slots=True)
class Measures:
    """Of the waits that began in a time; ``waiting`` are those that go on, which are offered too.

    ``short`` are abandons before so many seconds (also in ``abandoned``). ``flow_out``: transfer, call back, recorded
    message, closed; neither answered nor abandoned. ``asa_seconds``: total wait of the answered / answered.
    ``aht_seconds``: (talk + hold + wrap-up) / handled calls. ``service_level``: answered within the city's seconds /
    (offered - short): abandons count against it, short ones do not. ``abandon_rate`` is abandoned / offered,
    ``adjusted_rate`` without the short ones above and below. None where nothing is to be divided by.
    """

    offered: int
    answered: int
    abandoned: int
    short: int
    flow_out: int
    waiting: int
    asa_seconds: float | None
    aht_seconds: float | None
    service_level: float | None
    abandon_rate: float | None
    adjusted_rate: float | None
    longest: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The board's line of this instant, and of today so far. ``longest_seconds``: of who waits now."""

    waiting: int
    longest_seconds: int
    talking: int
    call_backs: int
    today: Measures


def of(
    session: Session,
    *,
    queue: str | None = None,
    since: datetime,
    until: datetime,
    terms: Calls,
) -> Measures:
    """Return the figures of the waits that began from ``since`` until just before ``until``, in one queue or in all."""
    row = session.execute(_waits(queue, since, until, terms)).one()
    handled = session.execute(_handled(queue, since, until)).one()
    offered, answered, abandoned, short = row.offered, row.answered, row.abandoned, row.short
    return Measures(
        offered=offered,
        answered=answered,
        abandoned=abandoned,
        short=short,
        flow_out=row.flow_out,
        waiting=row.waiting,
        asa_seconds=_ratio(row.wait, answered),
        aht_seconds=_ratio(handled.seconds, handled.calls),
        service_level=_ratio(row.in_time, offered - short),
        abandon_rate=_ratio(abandoned, offered),
        adjusted_rate=_ratio(abandoned - short, offered - short),
        longest=round(row.longest or 0),
    )


def now(session: Session, *, zone: str, terms: Calls) -> Strip:
    """Return the line of this instant; today begins at midnight of the time zone."""
    at = clock.now(session)
    local = at.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(local.date(), time(), tzinfo=local.tzinfo)
    waits = select(func.count(), func.min(QueueStay.entered_at)).where(QueueStay.left_at.is_(None))
    waiting, first = session.execute(waits).one()
    talks = select(func.count()).where(PhoneCall.state.in_((CallState.TALKING, CallState.HELD)))
    backs = select(func.count()).where(QueueStay.left_as == queueing.CALL_BACK, QueueStay.returned_at.is_(None))
    longest = round((at - first).total_seconds()) if first else 0
    today = of(session, since=midnight, until=at, terms=terms)
    talking, call_backs = session.execute(talks).scalar_one(), session.execute(backs).scalar_one()
    return Strip(waiting, longest, talking, call_backs, today)


def _waits(queue: str | None, since: datetime, until: datetime, terms: Calls) -> Any:
    stay = QueueStay
    seconds = func.extract("epoch", stay.left_at - stay.entered_at)
    answered, abandoned = stay.left_as == queueing.ANSWERED, stay.left_as == queueing.ABANDONED
    ended = stay.left_at.is_not(None)
    query = select(
        func.count().label("offered"),
        func.count().filter(answered).label("answered"),
        func.count().filter(abandoned).label("abandoned"),
        func.count().filter(abandoned, seconds < terms.short_seconds).label("short"),
        func.count().filter(ended, ~answered, ~abandoned).label("flow_out"),
        func.count().filter(~ended).label("waiting"),
        func.coalesce(func.sum(seconds).filter(answered), 0).label("wait"),
        func.count().filter(answered, seconds <= terms.answer_within_seconds).label("in_time"),
        func.max(seconds).label("longest"),
    )
    return _within(query, queue, since, until)


def _handled(queue: str | None, since: datetime, until: datetime) -> Any:
    calls = (
        _within(select(QueueStay.call_id), queue, since, until).where(QueueStay.left_as == queueing.ANSWERED).distinct()
    )
    call = PhoneCall
    spent = call.talk_seconds + call.hold_seconds + call.wrap_seconds
    query = select(func.coalesce(func.sum(spent), 0).label("seconds"), func.count().label("calls"))
    over = call.state == CallState.ENDED
    return query.where(call.id.in_(calls), over, call.answered_at.is_not(None))


def _within(query: Any, queue: str | None, since: datetime, until: datetime) -> Any:
    query = query.where(QueueStay.entered_at >= since, QueueStay.entered_at < until)
    return query if queue is None else query.where(QueueStay.queue == queue)


def _ratio(part: Any, whole: int) -> float | None:
    return float(part) / whole if whole else None
