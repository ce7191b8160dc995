"""Call backs that keep a place in the queue: when it is their turn an agent is rung, and then the citizen."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from cases.calls import finding, following_up, legs, orders, queueing, ringing, taking
from cases.calls.states import CallState
from cases.departments import City
from cases.errors import Invalid
from cases.models import PhoneCall, QueueStay

_DUE = exists().where(
    QueueStay.left_as == queueing.CALL_BACK,
    QueueStay.returned_at.is_(None),
    QueueStay.next_try_at <= bindparam("at"),
)
_STAYS = (
    select(QueueStay)
    .where(QueueStay.id.in_(bindparam("stays", expanding=True)), QueueStay.left_as == queueing.CALL_BACK)
    .order_by(QueueStay.since, QueueStay.id)
    .with_for_update()
)
_ASKED = (
    select(QueueStay.id)
    .join(PhoneCall, PhoneCall.id == QueueStay.call_id)
    .where(
        PhoneCall.number == bindparam("number"),
        QueueStay.left_as == queueing.CALL_BACK,
        QueueStay.returned_at.is_(None),
    )
    .limit(1)
)


def ask(session: Session, call: PhoneCall, stay: QueueStay, *, at: datetime) -> None:
    """Let a caller leave the line and keep their place; who waits for a call already keeps the older one."""
    if call.number is None:
        raise Invalid("A number that is withheld cannot be called back.")
    before = session.execute(_ASKED, {"number": call.number}).scalar_one_or_none()
    queueing.leave(stay, queueing.CALL_BACK, at=at)
    if before is None:
        stay.next_try_at = at
    else:
        stay.returned_at = at


def order_due(session: Session, *, city: City, at: datetime) -> list[PhoneCall]:
    """Order the calls back whose turn it is and for whom an agent is free; returns them."""
    if not session.execute(select(_DUE), {"at": at}).scalar_one() or not taking.is_anybody_free(session, at=at):
        return []
    ringing.only_one_chooses(session)
    found = ringing.allotted(session, city=city, at=at)
    ordered = []
    for stay in session.scalars(_STAYS, {"stays": list(found)}).all():
        taker = found[stay.id]
        call = _ordered(session, stay, taker.id, taker.number, city=city, at=at)
        ordered += [call] if call is not None else []
    return ordered


def ended(session: Session, call: PhoneCall, *, city: City, at: datetime) -> None:
    """Take in how a call back came out: the wait ends, is tried again, or becomes a task."""
    if call.returns_id is None:
        return
    session.flush()
    stay = session.get_one(QueueStay, call.returns_id, with_for_update=True)
    if stay.returned_at is not None:
        return
    if call.ended_as == "answered":
        stay.returned_at, stay.next_try_at = at, None
    elif call.turns == 0 and call.ended_as == "not_reached":
        stay.next_try_at = at  # the agent did not pick up: the citizen was not called at all
    elif stay.tries + 1 >= city.calls.call_back_tries:
        stay.tries, stay.returned_at, stay.next_try_at = stay.tries + 1, at, None
        asked = session.get_one(PhoneCall, stay.call_id)
        call.case_id = call.case_id or asked.case_id
        following_up.open_task(session, call, following_up.WORDS["not_reached"], city=city)
    else:
        stay.tries += 1
        stay.next_try_at = at + timedelta(minutes=city.calls.call_back_pause_minutes)


def _ordered(
    session: Session, stay: QueueStay, agent_id: int, number: str, *, city: City, at: datetime
) -> PhoneCall | None:
    asked = session.get_one(PhoneCall, stay.call_id)
    if asked.account not in city.accounts:
        return None
    call = PhoneCall(
        account=asked.account,
        tag=finding.new_tag(),
        direction=finding.OUT,
        line=asked.line,
        number=asked.number,
        address_id=asked.address_id,
        language=asked.language,
        state=CallState.ORDERED,
        case_id=asked.case_id,
        agent_id=agent_id,
        returns_id=stay.id,
        started_at=at,
        updated_at=at,
    )
    call.turns = call.talk_seconds = call.hold_seconds = call.wrap_seconds = 0
    call.proved = False
    session.add(call)
    session.flush()
    if legs.reserve(session, call, agent_id, number, city=city, at=at) is None:
        session.delete(call)
        session.flush()
        return None
    stay.next_try_at, stay.offered = None, stay.offered + 1
    orders.give(session, call, orders.PLACE, by=None, at=at)
    return call
