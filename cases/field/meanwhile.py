"""What others did to a case since a phone last saw it, and whether that stands against an act on its job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from cases.lifecycle import ENDED
from cases.models import Agent, Case, Event, EventDetail
from cases.permissions import Viewer
from cases.queries.timeline import EventEntry

#: lines that are shown of what happened meanwhile
MOST = 20
#: what became of a job, and what took its case away
_OF_THE_TASK = frozenset({"task_assigned", "task_done", "task_cancelled"})
_OF_THE_CASE = frozenset({"transferred", "merged"})
#: written by clocks and machines: nobody edits a job by it
_MACHINES = ("timer_%", "message_delivered", "acknowledge%")


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What others did, oldest first; ``against`` are those lines that bear on whether the job still stands so."""

    lines: Sequence[EventEntry] = ()
    against: Sequence[EventEntry] = field(default=())


def since(session: Session, viewer: Viewer, case: Case, *, seen: int, task_id: int) -> Meanwhile:
    """Return what others did to a case after line ``seen`` of its history; bounded to the latest."""
    number = func.nullif(func.split_part(Event.actor, ":", 2), "")
    is_agent = Event.actor.like("agent:%")
    query = (
        select(Event, EventDetail.values, Agent.name)
        .outerjoin(EventDetail, EventDetail.event_id == Event.id)
        .outerjoin(Agent, is_agent & (cast(Agent.id, String) == number))
        .where(Event.case_id == case.id, Event.seq > seen, Event.actor != viewer.actor)
        .where(*(Event.kind.not_like(one) for one in _MACHINES))
        .order_by(Event.seq.desc())
        .limit(MOST)
    )
    found = [_entry(row) for row in session.execute(query)][::-1]
    return Meanwhile(found, [one for one in found if _bears(one, task_id)])


def names(session: Session, lines: Sequence[EventEntry]) -> Mapping[int, str]:
    """Return the names of the agents that lines speak of, beside those who wrote them."""
    ids = {one.values.get("agent") for one in lines if isinstance(one.values.get("agent"), int)}
    if not ids:
        return {}
    return dict(session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(ids))).all())


def _bears(one: EventEntry, task_id: int) -> bool:
    if one.kind in _OF_THE_TASK:
        return one.values.get("task") == task_id
    ended = one.kind == "status_changed" and one.values.get("to") in ENDED
    return ended or one.kind in _OF_THE_CASE


def _entry(row: tuple[Event, dict[str, object] | None, str | None]) -> EventEntry:
    event, personal, name = row
    who = name or event.actor.partition(":")[0].capitalize()
    return EventEntry(event.id, event.at, event.kind, who, event.values, personal or {})
