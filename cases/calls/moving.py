"""Transfer: the citizen goes on to another department or colleague, and keeps the place of their first wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cases import clock
from cases.calls import finding, following_up, legs, orders, queueing, ringing, taking
from cases.calls.states import CallState, move
from cases.calls.taking import Taker
from cases.departments import City
from cases.errors import Invalid
from cases.models import Agent, CallOrder, PhoneCall
from cases.permissions import Viewer

NOBODY = "Nobody there can take the call now. Tell the citizen that they will be called back; a task says so."


def transfer(
    session: Session, viewer: Viewer, *, city: City, call_id: int, queue: str | None = None, agent_id: int | None = None
) -> PhoneCall:
    """Hand the viewer's call on: to a department's queue, or to one colleague. A worker does it.

    ``Invalid`` where the viewer does not speak in it, or the colleague cannot be rung now.
    """
    call = finding.of_agent(session, viewer, call_id)
    leg = legs.current(session, call)
    if leg is None or leg.agent_id != viewer.id or call.state not in (CallState.TALKING, CallState.HELD):
        raise Invalid("You do not speak in this call any more.", field="call")
    if (queue is None) == (agent_id is None):
        raise Invalid("Choose a department or a colleague.", field="queue")
    at = clock.now(session)
    to = None
    if agent_id is not None:
        to = _colleague(session, viewer, agent_id, city=city, at=at)
    where = queueing.GENERAL if queue is None else queue
    if where != queueing.GENERAL and where not in city.departments:
        raise Invalid(f"There is no department {where!r}.", field="queue")
    stays = queueing.all_of(session, call)
    queueing.enter(session, call, where, at=at, since=stays[0].since if stays else at)
    move(call, CallState.WAITING, at=at)
    orders.give(session, call, orders.MOVE, by=viewer.id, at=at, to=str(agent_id) if to else None)
    return call


def chosen(session: Session, call: PhoneCall, order: CallOrder, *, city: City, at: datetime) -> Taker | None:
    """Return whom a moved call rings at a gateway that needs to know at once; None where nobody is there."""
    stay = queueing.current(session, call)
    if stay is None:
        return None
    ringing.only_one_chooses(session)
    if order.to is not None:
        there = taking.free(session, [queueing.GENERAL], city=city, at=at)
        return next((one for one in there if one.id == int(order.to or 0)), None)
    return ringing.allotted(session, city=city, at=at).get(stay.id)


def reserved(session: Session, call: PhoneCall, taker: Taker, *, city: City, at: datetime) -> bool:
    """Let the next agent's telephone be taken for this call, before the gateway is asked to ring it."""
    made = legs.reserve(session, call, taker.id, taker.number, city=city, at=at)
    stay = queueing.current(session, call)
    if made is not None and stay is not None:
        stay.offered += 1
    return made is not None


def handed(session: Session, call: PhoneCall, *, city: City, at: datetime) -> None:
    """Note that the gateway rings the next agent: the first one's part is over."""
    going = legs.going(session, call)
    for one in going[:-1]:
        legs.ended(session, call, one, reached="cancelled", city=city, at=at)
    if going and call.state == CallState.WAITING:
        call.agent_id = going[-1].agent_id
        move(call, CallState.RINGING, at=at)


def undone(session: Session, call: PhoneCall, *, city: City, at: datetime) -> None:
    """Take a transfer back that did not happen: the first two speak on, where they still do."""
    going = legs.going(session, call)
    if call.state != CallState.WAITING or not going:
        return
    for one in going[1:]:
        legs.ended(session, call, one, reached="failed", city=city, at=at)
    stay = queueing.current(session, call)
    if stay is not None:
        queueing.leave(stay, queueing.MOVED, at=at)
    legs.answered(call, going[0], None, at=at)


def task_instead(session: Session, call: PhoneCall, *, city: City, at: datetime) -> tuple[str, ...]:
    """Open a task to call back in the department that nobody answers for now; the first two speak on."""
    stay = queueing.current(session, call)
    queue = stay.queue if stay is not None else queueing.GENERAL
    undone(session, call, city=city, at=at)
    return following_up.open_task(session, call, following_up.WORDS["missed"], city=city, department=queue)


def held_on(session: Session, call: PhoneCall, *, at: datetime) -> None:
    """Take a hold back that the gateway refused: the two speak on."""
    leg = legs.current(session, call)
    if call.state == CallState.HELD and leg is not None:
        legs.answered(call, leg, None, at=at)


def _colleague(session: Session, viewer: Viewer, agent_id: int, *, city: City, at: datetime) -> Agent:
    found = session.get(Agent, agent_id)
    if found is None or agent_id == viewer.id:
        raise Invalid("There is no such colleague.", field="agent")
    if not any(one.id == agent_id for one in taking.free(session, [queueing.GENERAL], city=city, at=at)):
        raise Invalid(f"{found.name} takes no call now; choose a department.", field="agent")
    return found
