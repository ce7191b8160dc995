"""What time alone does to calls: telephones ring no more, and nothing is heard of a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from cases.calls import ending, legs, queueing
from cases.calls.ending import Told
from cases.calls.states import CallState
from cases.departments import City
from cases.models import CallLeg, PhoneCall

#: after so long without a word a call is over; who waits is asked after every few seconds, a recording lasts minutes
SILENT, SILENT_TALK = timedelta(minutes=6), timedelta(hours=4)
#: the gateway is asked and the agent's telephone rings; nobody is told where neither picks up nor refuses
SILENT_PLACING = timedelta(minutes=2)
MOST = 100
_RUNG = (
    select(PhoneCall)
    .join(CallLeg, CallLeg.call_id == PhoneCall.id)
    .where(
        CallLeg.ended_at.is_(None),
        CallLeg.answered_at.is_(None),
        CallLeg.rings_until < bindparam("before"),
        PhoneCall.state == CallState.RINGING,
    )
    .limit(MOST)
    .with_for_update(of=PhoneCall, skip_locked=True)
)
_TALKS = (CallState.TALKING, CallState.HELD)
_PLACES = (CallState.ORDERED, CallState.PLACING)
_SILENT = (
    select(PhoneCall)
    .where(
        PhoneCall.state != CallState.ENDED,
        or_(
            PhoneCall.state.in_(_TALKS) & (PhoneCall.updated_at < bindparam("talk")),
            PhoneCall.state.in_(_PLACES) & (PhoneCall.updated_at < bindparam("placing")),
            PhoneCall.state.not_in((*_TALKS, *_PLACES)) & (PhoneCall.updated_at < bindparam("other")),
        ),
    )
    .order_by(PhoneCall.updated_at)
    .limit(MOST)
    .with_for_update(skip_locked=True)
)


def suppose_answered(session: Session, *, at: datetime) -> int:
    """Take it that agents answered whose telephones cannot ring any more, and of whom nobody said otherwise."""
    found = session.scalars(_RUNG, {"before": at - legs.GRACE}).all()
    for call in found:
        leg = legs.current(session, call)
        if leg is not None and leg.answered_at is None:
            legs.answered(call, leg, queueing.current(session, call), at=leg.rings_until)
            call.updated_at = at
    return len(found)


def end_silent(session: Session, *, city: City, at: datetime) -> tuple[int, tuple[str, ...]]:
    """End calls of which nothing was heard for long, at the instant of the last word; returns how many, and the
    accounts with something to send.
    """
    bounds = {"talk": at - SILENT_TALK, "placing": at - SILENT_PLACING, "other": at - SILENT}
    found: Sequence[PhoneCall] = session.scalars(_SILENT, bounds).all()
    to_send: dict[str, None] = {}
    for call in found:
        last = call.updated_at
        told = Told(cause="nothing was heard of it", silent=True)
        to_send.update(dict.fromkeys(ending.end(session, call, told, city=city, at=last)))
    return len(found), tuple(to_send)
