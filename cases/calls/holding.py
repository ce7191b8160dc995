"""A citizen on hold: they hear music where the gateway can do that, elsewhere the agent's own handset sees to it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from cases import clock
from cases.calls import finding, legs, orders
from cases.calls.states import CallState, move
from cases.departments import City
from cases.errors import Invalid
from cases.models import CallLeg, PhoneCall
from cases.permissions import Viewer

#: how an order came out where the citizen's call was truly taken out of the conversation
_MOVED = (orders.DOING, orders.DONE, orders.UNKNOWN)


def hold(session: Session, viewer: Viewer, *, call_id: int) -> PhoneCall:
    """Put the citizen of the viewer's call on hold; the time counts from now on."""
    call, leg = _talking(session, viewer, call_id)
    if call.state != CallState.TALKING:
        raise Invalid("Nobody speaks in this call now, so there is nobody to put on hold.", field="call")
    at = clock.now(session)
    leg.held_since = at
    move(call, CallState.HELD, at=at)
    orders.give(session, call, orders.HOLD, by=viewer.id, at=at)
    return call


def resume(session: Session, viewer: Viewer, *, call_id: int, city: City | None = None) -> PhoneCall:
    """End the hold: at once where only we counted; else the agent's telephone rings again, and it lasts until then."""
    call, leg = _talking(session, viewer, call_id)
    if call.state != CallState.HELD:
        raise Invalid("This call is not on hold.", field="call")
    at = clock.now(session)
    order = orders.latest(session, call, orders.HOLD)
    if order is not None and order.state == orders.WAITING:
        orders.settle(order, orders.COUNTED, at=at)
    if order is not None and order.state in _MOVED:
        seconds = city.calls.ring_seconds if city else round((leg.rings_until - leg.rang_at).total_seconds())
        leg.rang_at, leg.rings_until = at, at + timedelta(seconds=max(seconds, 10) + 10)
        move(call, CallState.RINGING, at=at)
    else:
        legs.answered(call, leg, None, at=at)
    return call


def rang_again(call: PhoneCall, leg: CallLeg) -> bool:
    """Tell whether a telephone is one that was on hold and rings again."""
    return leg.held_since is not None and call.state == CallState.RINGING


def _talking(session: Session, viewer: Viewer, call_id: int) -> tuple[PhoneCall, CallLeg]:
    call = finding.of_agent(session, viewer, call_id)
    leg = legs.current(session, call)
    if leg is None or leg.agent_id != viewer.id or leg.answered_at is None:
        raise Invalid("You do not speak in this call any more.", field="call")
    return call, leg
