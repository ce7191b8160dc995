"""The end of a call: its waits and telephones end, it is said what it came to, and what follows from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy.orm import Session

from cases import clock
from cases.calls import call_backs, finding, following_up, history, legs, orders, outcomes, queueing, recordings
from cases.calls.outcomes import Known
from cases.calls.states import CallState, move
from cases.departments import City
from cases.errors import Invalid
from cases.models import PhoneCall, QueueStay
from cases.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway tells at the end, as far as it does. ``as_`` is how, in our words; ``silent``: it told nothing."""

    as_: str = ""
    cause: str = ""
    seconds: int | None = None
    talked: int | None = None
    cost: str = ""
    currency: str = ""
    silent: bool = False


def hang_up(session: Session, viewer: Viewer, call_id: int) -> PhoneCall:
    """Have the gateway end the call that the viewer speaks in; where it cannot, the order's reason says so."""
    call = finding.of_agent(session, viewer, call_id)
    if call.state == CallState.ENDED:
        raise Invalid("This call has ended already.", field="call")
    orders.give(session, call, orders.HANG_UP, by=viewer.id, at=clock.now(session))
    return call


def end(session: Session, call: PhoneCall, told: Told, *, city: City, at: datetime) -> tuple[str, ...]:
    """End a call, once; what is told later or again only fills in what was not known. Returns who has to send."""
    _fill_in(call, told, at)
    if call.state == CallState.ENDED:
        return ()
    _end_legs(session, call, told, city=city, at=at)
    stays = queueing.all_of(session, call)
    for stay in stays[-1:]:
        queueing.leave(stay, queueing.ABANDONED, at=at)
    orders.drop(session, call, why="The call is over.", at=at)
    to_send = recordings.save_unsaid(session, call, city=city, at=at)
    call.ended_as = _came_to(call, stays, told, city=city, at=at)
    call.ended_at = at
    _forget_keyed(call)
    move(call, CallState.ENDED, at=at)
    call_backs.ended(session, call, city=city, at=at)
    to_send += following_up.after(session, call, city=city)
    history.ended(session, call, city=city, at=at)
    return tuple(dict.fromkeys(to_send))


def _end_legs(session: Session, call: PhoneCall, told: Told, *, city: City, at: datetime) -> None:
    """End the telephones of a call; of one that was just being handed on it is the first that has talked."""
    going = legs.going(session, call)
    for other in going[1:]:
        legs.ended(session, call, other, reached="cancelled", city=city, at=at, last=True)
    if not going:
        return
    leg = going[0]
    joined = call.direction == finding.IN or call.turns > 0  # in a call of ours the agent's own ringing comes first
    if joined and told.talked:
        legs.told_talked(session, call, leg, talked=told.talked, at=at)
    reached = "answered" if leg.answered_at else told.as_ if told.as_ not in ("", "answered") else "cancelled"
    legs.ended(session, call, leg, reached=reached, city=city, at=at, talked=told.talked, last=True)


def _came_to(call: PhoneCall, stays: Sequence[QueueStay], told: Told, *, city: City, at: datetime) -> str:
    spoke = call.answered_at is not None
    if call.direction == finding.OUT:
        return outcomes.of_outgoing(told.as_, spoke=spoke, agent_came=call.turns > 0, silent=told.silent)
    lasted = call.seconds if call.seconds is not None else round((at - call.started_at).total_seconds())
    known = Known(
        spoke=spoke,
        recorded=call.message_id is not None,
        heard=call.turns > 1 or bool((call.dialogue or {}).get("over")),
        silent=told.silent,
        seconds=lasted,
    )
    return outcomes.of_incoming(known, stays, terms=city.calls)


def _forget_keyed(call: PhoneCall) -> None:
    """Keep nothing of what was keyed in or told in the menu: it stands in the case, or nowhere."""
    call.dialogue = {name: value for name, value in (call.dialogue or {}).items() if name in ("over", "waits")}
    steps = (call.page or {}).get("steps", [])
    if steps and steps[-1]["step"] != "HangUp":
        call.page = None


def _fill_in(call: PhoneCall, told: Told, at: datetime) -> None:
    call.cause = call.cause or told.cause[:80] or None
    if call.seconds is None:
        call.seconds = told.seconds
    if call.cost is None and told.cost:
        call.cost, call.currency = _money(told.cost), told.currency[:8] or None


def _money(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < 10_000_000 else None
