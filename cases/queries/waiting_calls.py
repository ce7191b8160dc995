"""What goes on now: who waits in which queue, who talks, and whose telephone can ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true
from sqlalchemy.orm import Session

from cases import clock
from cases.calls import wrap_ups
from cases.calls.states import CallState
from cases.models import Agent, AgentProfile, CallLeg, PhoneCall, QueueStay
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, reach
from cases.queries import calls
from cases.queries.calls import CallRow

MOST_WAITING, MOST_TALKING, MOST_AGENTS = 100, 60, 100
_TALKING = (CallState.ORDERED, CallState.PLACING, CallState.RINGING, CallState.TALKING, CallState.HELD)


@dataclass(frozen=True, slots=True)
class Waiter:
    """One caller in a queue. ``position`` is among all who keep a place there; ``call_back``: without the line.

    ``since`` is what the place follows. ``rings``: whose telephone rings for them now.
    """

    call_id: int
    queue: str
    position: int
    since: datetime
    call_back: bool
    tries: int
    number: str | None
    name: str | None
    language: str
    needs: tuple[str, ...]
    flagged: bool
    rings: str | None


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent who takes calls. ``state``: free, rings, talks or wraps; ``since`` when that began, None: not known."""

    id: int
    name: str
    state: str
    since: datetime | None
    call_id: int | None


def waiting(session: Session, viewer: Viewer) -> Sequence[Waiter]:
    """Return who waits where the viewer takes calls, queue by queue, the first first."""
    at = clock.now(session)
    keeps = and_(QueueStay.left_as == "call_back", QueueStay.returned_at.is_(None))
    place = func.row_number().over(partition_by=QueueStay.queue, order_by=(QueueStay.since, QueueStay.id))
    stands = select(QueueStay.id, place.label("position")).where(or_(QueueStay.left_at.is_(None), keeps)).cte("stands")
    ringing = (CallLeg.ended_at.is_(None), CallLeg.answered_at.is_(None))
    rung = select(CallLeg.call_id, Agent.name).join(Agent, Agent.id == CallLeg.agent_id).where(*ringing).cte("rung")
    query = (
        select(
            PhoneCall.id.label("call_id"),
            *(QueueStay.queue, stands.c.position, QueueStay.since, keeps.label("call_back"), QueueStay.tries),
            PhoneCall.number,
            calls.name_of(viewer, ordinary=True).label("name"),
            *(PhoneCall.language, QueueStay.needs, calls.flagged(at).label("flagged"), rung.c.name.label("rings")),
        )
        .join(stands, stands.c.id == QueueStay.id)
        .join(PhoneCall, PhoneCall.id == QueueStay.call_id)
        .outerjoin(rung, rung.c.call_id == PhoneCall.id)
        .where(_answers(viewer))
        .order_by(QueueStay.queue != ANY_DEPARTMENT, QueueStay.queue, stands.c.position)
        .limit(MOST_WAITING)
    )
    found = session.execute(query).mappings()
    return tuple(Waiter(**{**one, "needs": tuple(one["needs"]), "call_back": bool(one["call_back"])}) for one in found)


def talking(session: Session, viewer: Viewer) -> Sequence[CallRow]:
    """Return the calls that agents are in now, those that began first first."""
    query = calls.rows(viewer, at=clock.now(session)).where(calls.readable(viewer), PhoneCall.state.in_(_TALKING))
    found = session.execute(query.order_by(PhoneCall.started_at).limit(MOST_TALKING))
    return tuple(calls.row_of(one, viewer) for one in found)


def agents(session: Session, viewer: Viewer) -> Sequence[AgentLine]:
    """Return the agents whose telephone is rung for callers, as they are now; nobody for who takes no calls."""
    if not calls.takes_calls(viewer):
        return ()
    wraps_since = wrap_ups.since(Agent.id, clock.now(session))
    state = case(
        (CallLeg.answered_at.is_not(None), "talks"),
        (CallLeg.id.is_not(None), "rings"),
        (wraps_since.is_not(None), "wraps"),
        else_="free",
    )
    since = func.coalesce(CallLeg.answered_at, CallLeg.rang_at, wraps_since)
    open_leg = and_(CallLeg.agent_id == Agent.id, CallLeg.ended_at.is_(None))
    query = (
        select(Agent.id, Agent.name, state.label("state"), since.label("since"), CallLeg.call_id)
        .join(AgentProfile, AgentProfile.agent_id == Agent.id)
        .outerjoin(CallLeg, open_leg)
        .where(Agent.active, Agent.phone.is_not(None), or_(AgentProfile.takes_calls, CallLeg.id.is_not(None)))
        .order_by(Agent.name, Agent.id)
        .limit(MOST_AGENTS)
    )
    return tuple(AgentLine(*row) for row in session.execute(query))


def _answers(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``QueueStay`` that the viewer takes calls of this queue."""
    if not calls.takes_calls(viewer):
        return false()
    departments = {department for department, _ in reach(viewer, Action.REPLY)}
    if ANY_DEPARTMENT in departments:
        return true()
    return QueueStay.queue.in_([ANY_DEPARTMENT, *sorted(departments)])
