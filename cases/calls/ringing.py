"""Choosing an agent for a caller who waits: the first in line who fits gets them, and one caller rings a telephone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from cases import together
from cases.calls import allotting, legs, queueing, taking
from cases.calls.allotting import Waiter
from cases.calls.states import CallState, move
from cases.calls.taking import Taker
from cases.departments import City
from cases.models import CallLeg, PhoneCall, QueueStay
from cases.together import NOW, Kept, Part

#: for so long an agent who did not pick up is not rung again for the same caller
NOT_AGAIN = timedelta(minutes=3)
#: callers looked at: those behind them find nobody free anyway
MOST = 100
#: between two who choose, so that each sees whom the other took
_LOCK = select(func.pg_advisory_xact_lock(0x63616C6C))
_DUE_BACK = and_(QueueStay.left_as == queueing.CALL_BACK, QueueStay.returned_at.is_(None), QueueStay.next_try_at <= NOW)


def _parts() -> Mapping[str, Part | Kept]:
    waiting = and_(QueueStay.left_at.is_(None), PhoneCall.state == CallState.WAITING)
    waiters = (
        select(QueueStay.id, QueueStay.call_id, QueueStay.queue, QueueStay.needs, PhoneCall.language)
        .join(PhoneCall, PhoneCall.id == QueueStay.call_id)
        .where(or_(waiting, _DUE_BACK))
        .order_by(QueueStay.since, QueueStay.id)
        .limit(together.first(MOST))
    )
    refused = (
        select(CallLeg.call_id, PhoneCall.returns_id, CallLeg.agent_id)
        .join(PhoneCall, PhoneCall.id == CallLeg.call_id)
        .where(CallLeg.ended_at > bindparam("since"), CallLeg.reached != "answered", CallLeg.agent_id.is_not(None))
    )
    return {"waiters": waiters, "refused": refused}


_CHOICE = {**together.kept(_parts), **taking.PARTS}


def for_caller(session: Session, call: PhoneCall, stay: QueueStay, *, city: City, at: datetime) -> CallLeg | None:
    """Ring the agent who is for this caller now; None where nobody is, or somebody who waits longer gets them."""
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
    found = together.read(session, _CHOICE, {"now": at, "since": at - NOT_AGAIN})
    rows = found["waiters"]
    takers = taking.of_parts(found, city=city, at=at).free(sorted({one.queue for one in rows}))
    if not takers:
        return {}
    refused = _refused(found["refused"], rows)
    waiters = [
        Waiter(one.id, one.queue, one.language, frozenset(one.needs), refused.get(one.id, frozenset())) for one in rows
    ]
    return allotting.allot(waiters, takers)


def only_one_chooses(session: Session) -> None:
    """Wait until nobody else chooses an agent, until the transaction ends."""
    session.execute(_LOCK)


def _refused(ended: Sequence[Any], rows: Sequence[Any]) -> Mapping[int, frozenset[int]]:
    """Return who just did not pick up, by the stay: on the caller's line, or for their call back."""
    stays: dict[int, set[int]] = defaultdict(set)
    by_call = {one.call_id: one.id for one in rows}
    for one in ended:
        stay_id = by_call.get(one.call_id, one.returns_id)
        if stay_id is not None:
            stays[stay_id].add(one.agent_id)
    return {stay_id: frozenset(agents) for stay_id, agents in stays.items()}
