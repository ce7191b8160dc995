"""Choosing an agent for a caller who waits: the first in line who fits gets them, and one caller rings a telephone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from cases.calls import allotting, legs, queueing, taking
from cases.calls.allotting import Waiter
from cases.calls.states import CallState, move
from cases.calls.taking import Taker
from cases.departments import City
from cases.models import CallLeg, PhoneCall, QueueStay

#: for so long an agent who did not pick up is not rung again for the same caller
NOT_AGAIN = timedelta(minutes=3)
#: callers looked at: those behind them find nobody free anyway
MOST = 100
#: between two who choose, so that each sees whom the other took
_LOCK = select(func.pg_advisory_xact_lock(0x63616C6C))
_DUE_BACK = and_(
    QueueStay.left_as == queueing.CALL_BACK,
    QueueStay.returned_at.is_(None),
    QueueStay.next_try_at <= bindparam("at"),
)
_WAITERS = (
    select(QueueStay.id, QueueStay.call_id, QueueStay.queue, QueueStay.needs, PhoneCall.language)
    .join(PhoneCall, PhoneCall.id == QueueStay.call_id)
    .where(or_(and_(QueueStay.left_at.is_(None), PhoneCall.state == CallState.WAITING), _DUE_BACK))
    .order_by(QueueStay.since, QueueStay.id)
    .limit(MOST)
)
_REFUSED = (
    select(CallLeg.call_id, PhoneCall.returns_id, CallLeg.agent_id)
    .join(PhoneCall, PhoneCall.id == CallLeg.call_id)
    .where(
        CallLeg.ended_at > bindparam("since"),
        CallLeg.reached != "answered",
        CallLeg.agent_id.is_not(None),
    )
)


def for_caller(session: Session, call: PhoneCall, stay: QueueStay, *, city: City, at: datetime) -> CallLeg | None:
    """Ring the agent who is for this caller now; None where nobody is, or somebody who waits longer gets them."""
    if not taking.is_anybody_free(session, at=at):
        return None
    session.execute(_LOCK)
    session.flush()
    taker = allotted(session, city=city, at=at).get(stay.id)
    leg = legs.reserve(session, call, taker.id, taker.number, city=city, at=at) if taker else None
    if leg is None:
        return None
    call.agent_id = leg.agent_id
    stay.offered += 1
    move(call, CallState.RINGING, at=at)
    return leg


def allotted(session: Session, *, city: City, at: datetime) -> Mapping[int, Taker]:
    """Return which waits get which agents now, callers on the line and call backs alike, by the stay's id."""
    rows = session.execute(_WAITERS, {"at": at}).all()
    takers = taking.free(session, sorted({one.queue for one in rows}), city=city, at=at)
    if not takers:
        return {}
    refused = _refused(session, rows, at)
    waiters = [
        Waiter(one.id, one.queue, one.language, frozenset(one.needs), refused.get(one.id, frozenset())) for one in rows
    ]
    return allotting.allot(waiters, takers)


def only_one_chooses(session: Session) -> None:
    """Wait until nobody else chooses an agent, until the transaction ends."""
    session.execute(_LOCK)


def _refused(session: Session, rows: Sequence[Any], at: datetime) -> Mapping[int, frozenset[int]]:
    """Return who just did not pick up, by the stay: on the caller's line, or for their call back."""
    stays: dict[int, set[int]] = defaultdict(set)
    by_call = {one.call_id: one.id for one in rows}
    for call_id, returns_id, agent_id in session.execute(_REFUSED, {"since": at - NOT_AGAIN}):
        stay_id = by_call.get(call_id, returns_id)
        if stay_id is not None and agent_id is not None:
            stays[stay_id].add(agent_id)
    return {stay_id: frozenset(agents) for stay_id, agents in stays.items()}
