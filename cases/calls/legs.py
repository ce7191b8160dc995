"""An agent's telephone in a call: it rings, is answered or not, and is hung up. One at a time for each agent."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.base import table
from cases.calls import queueing
from cases.calls.states import CallState, move
from cases.departments import City
from cases.models import AgentProfile, CallLeg, PhoneCall, QueueStay

#: after its ring time a telephone is taken to be answered where nobody has told that it was not
GRACE = timedelta(seconds=5)
_PROFILES = table(AgentProfile)
_RESERVE = (
    insert(CallLeg)
    .on_conflict_do_nothing(index_elements=["agent_id"], index_where=text("ended_at is null"))
    .returning(CallLeg)
)
_OPEN = (
    select(CallLeg)
    .where(CallLeg.call_id == bindparam("call_id"), CallLeg.ended_at.is_(None))
    .order_by(CallLeg.id.desc())
    .limit(1)
)
_ALL = select(CallLeg).where(CallLeg.call_id == bindparam("call_id")).order_by(CallLeg.id)
_RANG = insert(_PROFILES)
_NOTE_RANG = _RANG.on_conflict_do_update(index_elements=["agent_id"], set_={"rang_at": _RANG.excluded.rang_at})


def reserve(
    session: Session, call: PhoneCall, agent_id: int, number: str, *, city: City, at: datetime
) -> CallLeg | None:
    """Let an agent's telephone ring for a call; None where it rings or talks already."""
    until = at + timedelta(seconds=city.calls.ring_seconds)
    row = {"call_id": call.id, "agent_id": agent_id, "number": number, "rang_at": at, "rings_until": until}
    leg = session.scalars(_RESERVE, row).one_or_none()
    if leg is not None:
        _note_rang(session, agent_id, at)
    return leg


def current(session: Session, call: PhoneCall) -> CallLeg | None:
    """Return the telephone that rings or talks in a call."""
    session.flush()
    return session.scalars(_OPEN, {"call_id": call.id}).one_or_none()


def all_of(session: Session, call: PhoneCall) -> list[CallLeg]:
    """Return all that rang in a call, in their order."""
    session.flush()
    return list(session.scalars(_ALL, {"call_id": call.id}))


def going(session: Session, call: PhoneCall) -> list[CallLeg]:
    """Return the telephones that ring or talk in a call: two while it is handed on, the first one first."""
    return [one for one in all_of(session, call) if one.ended_at is None]


def answered(call: PhoneCall, leg: CallLeg, stay: QueueStay | None, *, at: datetime) -> None:
    """Note that the agent and the citizen speak, from this instant on; after a hold, again."""
    if leg.held_since is not None:
        leg.hold_seconds += _between(leg.held_since, at)
        leg.held_since = None
    leg.answered_at = leg.answered_at or at
    call.answered_at = call.answered_at or leg.answered_at
    call.agent_id = leg.agent_id
    if stay is not None:
        queueing.leave(stay, queueing.ANSWERED, at=leg.answered_at, agent_id=leg.agent_id)
    move(call, CallState.TALKING, at=at)


def ended(
    session: Session,
    call: PhoneCall,
    leg: CallLeg,
    *,
    reached: str,
    city: City,
    at: datetime,
    talked: int | None = None,
    last: bool = False,
) -> None:
    """Note that a telephone was hung up. One that was answered has talked, and its agent wraps up: the call where it is
    over (``last``), else their own part in it, and what they had noted goes with that part.
    """
    if leg.held_since is not None:
        leg.hold_seconds += _between(leg.held_since, at)
        leg.held_since = None
    leg.ended_at, leg.reached = at, reached
    if leg.answered_at is not None:
        leg.reached = "answered"
        whole = (
            talked if talked is not None and not leg.hold_seconds else _between(leg.answered_at, at) - leg.hold_seconds
        )
        call.talk_seconds += max(whole, 0)
        call.hold_seconds += leg.hold_seconds
        call.agent_id = leg.agent_id
        until = at + timedelta(seconds=city.calls.wrap_up_seconds)
        if last:
            call.wrap_until, call.wrapped_at = until, None
        else:
            leg.wrap_until, leg.note, call.note = until, call.note, None
    if leg.agent_id is not None:
        _note_rang(session, leg.agent_id, at)


def told_talked(session: Session, call: PhoneCall, leg: CallLeg, *, talked: int, at: datetime) -> None:
    """Learn at its end that a telephone had been answered, of which nothing was heard before, or only supposed."""
    since = max(at - timedelta(seconds=talked), leg.rang_at)
    if leg.answered_at is None:
        answered(call, leg, queueing.current(session, call), at=since)
    elif leg.answered_at >= leg.rings_until:
        for stay in queueing.all_of(session, call):
            if stay.left_as == queueing.ANSWERED and stay.left_at == leg.answered_at:
                stay.left_at = max(since, stay.entered_at)
        call.answered_at = since if call.answered_at == leg.answered_at else call.answered_at
        leg.answered_at = since


def rings_too_long(leg: CallLeg, *, at: datetime) -> bool:
    """Tell whether nobody has told how a telephone came to be, though it cannot ring any more."""
    return leg.answered_at is None and at > leg.rings_until + GRACE


def _between(since: datetime, until: datetime) -> int:
    return max(round((until - since).total_seconds()), 0)


def _note_rang(session: Session, agent_id: int, at: datetime) -> None:
    session.execute(_NOTE_RANG, {"agent_id": agent_id, "rang_at": at})
