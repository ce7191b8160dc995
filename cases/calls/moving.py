"""Transfer: the citizen goes on to another department or colleague, and keeps the place of their first wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cases import clock
from cases.calls import finding, legs, orders, queueing, ringing, taking
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


def rings(session: Session, call: PhoneCall, taker: Taker, *, city: City, at: datetime) -> bool:
    """Let the first agent go and the next one's telephone ring, before the gateway is asked to do so."""
    leg = legs.current(session, call)
    if leg is not None:
        legs.ended(session, call, leg, reached="answered", city=city, at=at)
    made = legs.reserve(session, call, taker.id, taker.number, city=city, at=at)
    if made is None:
        return False
    stay = queueing.current(session, call)
    if stay is not None:
        stay.offered += 1
    call.agent_id = taker.id
    move(call, CallState.RINGING, at=at)
    return True


def undone(session: Session, call: PhoneCall, *, at: datetime) -> None:
    """Take a transfer back that did not happen: the first two speak on, where they still do."""
    leg, stay = legs.current(session, call), queueing.current(session, call)
    if call.state != CallState.WAITING or leg is None:
        return
    if stay is not None:
        queueing.leave(stay, queueing.MOVED, at=at)
    legs.answered(call, leg, None, at=at)


def _colleague(session: Session, viewer: Viewer, agent_id: int, *, city: City, at: datetime) -> Agent:
    found = session.get(Agent, agent_id)
    if found is None or agent_id == viewer.id:
        raise Invalid("There is no such colleague.", field="agent")
    if not any(one.id == agent_id for one in taking.free(session, [queueing.GENERAL], city=city, at=at)):
        raise Invalid(f"{found.name} takes no call now; choose a department.", field="agent")
    return found
