"""Who takes calls: agents who said so, are there, and have a telephone number in their profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from cases import availability, profiles, rota, staff_changes
from cases.availability import Presence
from cases.departments import City
from cases.errors import Invalid, NotAllowed
from cases.models import Agent, AgentProfile, CallLeg, PhoneCall
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, ViewerKind, may, reach

_RINGS = exists().where(CallLeg.agent_id == AgentProfile.agent_id, CallLeg.ended_at.is_(None))
_WRAPS = exists().where(
    PhoneCall.agent_id == AgentProfile.agent_id,
    PhoneCall.wrap_until > bindparam("at"),
    PhoneCall.wrapped_at.is_(None),
)
_WRAPS_PART = exists().where(
    CallLeg.agent_id == AgentProfile.agent_id,
    CallLeg.wrap_until > bindparam("at"),
    CallLeg.wrapped_at.is_(None),
)
_TAKERS = (
    select(AgentProfile, Agent.phone, (~_RINGS & ~_WRAPS & ~_WRAPS_PART).label("free"))
    .join(Agent, Agent.id == AgentProfile.agent_id)
    .where(AgentProfile.takes_calls, Agent.active, Agent.phone.is_not(None))
    .order_by(AgentProfile.agent_id)
)


@dataclass(frozen=True, slots=True)
class Taker:
    """An agent who can be rung now. ``queues``: those they answer for. ``idle_since``: None where they never rang."""

    id: int
    number: str
    queues: frozenset[str]
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    idle_since: datetime | None = None


def switch(session: Session, viewer: Viewer, *, takes: bool) -> None:
    """Say that the viewer's telephone is rung for callers who wait, or no more."""
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None or not may(viewer, Action.REPLY):
        raise NotAllowed("Only who answers citizens takes calls.")
    if takes and not session.get_one(Agent, viewer.id).phone:
        raise Invalid(
            "Write the number of your telephone into your profile first: it is the one that rings.", field="phone"
        )
    row = profiles.stored(session, viewer.id)
    if row.takes_calls != takes:
        row.takes_calls = takes
        staff_changes.note(session, viewer, viewer.id, "takes_calls", {"takes": takes})


def takes(session: Session, agent_id: int) -> bool:
    """Tell whether somebody's telephone is rung for callers who wait."""
    return profiles.profile(session, agent_id).takes_calls or False


def is_anybody_free(session: Session, *, at: datetime) -> bool:
    """Tell whether any telephone could be rung now, but for leave, hours and departments."""
    return any(one.free and not availability.is_away(one[0], at) for one in _rows(session, at))


def free(session: Session, queues: Sequence[str], *, city: City, at: datetime) -> list[Taker]:
    """Return who can be rung now for any of these queues."""
    return [taker for taker, is_free in _takers(session, queues, city=city, at=at) if is_free and taker.queues]


def crew(session: Session, queue: str, *, city: City, at: datetime) -> int:
    """Return how many agents take calls of a queue now, in a call or not."""
    return sum(queue in taker.queues for taker, _ in _takers(session, [queue], city=city, at=at))


def _takers(session: Session, queues: Sequence[str], *, city: City, at: datetime) -> list[tuple[Taker, bool]]:
    rows = _rows(session, at)
    if not rows:
        return []
    people = rota.read(session, city, at=at)
    found = []
    for profile, phone, is_free in rows:
        person = people.people.get(profile.agent_id)
        if person is None:
            continue
        mine = {department for department, _ in reach(person.viewer, Action.REPLY)}
        there = [
            queue
            for queue in queues
            if mine & {queue, ANY_DEPARTMENT} or queue == ANY_DEPARTMENT and mine
            if _is_there(people, profile, person, queue, city=city, at=at)
        ]
        languages, skills = frozenset(profile.languages), frozenset(profile.skills)
        taker = Taker(profile.agent_id, phone, frozenset(there), languages, skills, profile.rang_at)
        found.append((taker, bool(is_free)))
    return found


def _is_there(people: Any, profile: AgentProfile, person: Any, queue: str, *, city: City, at: datetime) -> bool:
    department = None if queue == ANY_DEPARTMENT else queue
    found = availability.of(people, profile, person, city=city, at=at, department=department)
    return found.presence is Presence.AVAILABLE


def _rows(session: Session, at: datetime) -> list[Any]:
    return list(session.execute(_TAKERS, {"at": at}).all())
