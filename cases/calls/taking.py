"""Who takes calls: agents who said so, are there, and have a telephone number in their profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from cases import availability, profiles, rota, staff_changes, together
from cases.availability import Presence
from cases.calls import wrap_ups
from cases.departments import City
from cases.errors import Invalid, NotAllowed
from cases.models import Agent, AgentProfile, CallLeg
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, ViewerKind, may, reach
from cases.recipients import Person, Staff
from cases.together import NOW, Found, Kept, Part

_RINGS = exists().where(CallLeg.agent_id == AgentProfile.agent_id, CallLeg.ended_at.is_(None))
_FREE = (~_RINGS, wrap_ups.since(AgentProfile.agent_id, NOW).is_(None))
_TAKE = (AgentProfile.takes_calls, Agent.active, Agent.phone.is_not(None))
_AWAY = AgentProfile.away_since.is_not(None) & or_(AgentProfile.away_until.is_(None), AgentProfile.away_until > NOW)
#: whether any telephone could be rung at ``now``, but for leave, hours and departments
ANYBODY_FREE = exists().where(Agent.id == AgentProfile.agent_id, *_TAKE, *_FREE, ~_AWAY)
_ANYBODY_FREE = select(ANYBODY_FREE)


def _parts() -> Mapping[str, Part | Kept]:
    own = AgentProfile
    columns = (own.agent_id, own.languages, own.skills, own.away_since, own.away_until, own.rang_at, Agent.phone)
    takers = (
        select(*columns, and_(*_FREE).label("free"))
        .join(Agent, Agent.id == own.agent_id)
        .where(*_TAKE)
        .order_by(own.agent_id)
    )
    return {"takers": takers, **rota.parts(at=NOW, among=select(own.agent_id).where(own.takes_calls))}


#: the reads that a :class:`Crew` is made of; their parameter is ``now``
PARTS = together.kept(_parts)


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


@dataclass(frozen=True, slots=True)
class Crew:
    """All who take calls, in a call or not, as they were read."""

    rows: Sequence[Any]
    people: Staff
    city: City
    at: datetime

    def number(self, queue: str) -> int:
        """Return how many take calls of a queue now."""
        return sum(queue in taker.queues for taker, _ in self._takers([queue]))

    def free(self, queues: Sequence[str]) -> list[Taker]:
        """Return who can be rung now for any of these queues."""
        return [taker for taker, is_free in self._takers(queues) if is_free and taker.queues]

    def is_anybody_free(self) -> bool:
        """Tell whether any telephone could be rung now, but for leave, hours and departments."""
        return any(one.free and not availability.is_away(one, self.at) for one in self.rows)

    def _takers(self, queues: Sequence[str]) -> list[tuple[Taker, bool]]:
        found = []
        for row in self.rows:
            person = self.people.people.get(row.agent_id)
            if person is None:
                continue
            mine = {department for department, _ in reach(person.viewer, Action.REPLY)}
            there = [
                queue
                for queue in queues
                if mine & {queue, ANY_DEPARTMENT} or queue == ANY_DEPARTMENT and mine
                if self._is_there(row, person, queue)
            ]
            languages, skills = frozenset(row.languages), frozenset(row.skills)
            taker = Taker(row.agent_id, row.phone, frozenset(there), languages, skills, row.rang_at)
            found.append((taker, bool(row.free)))
        return found

    def _is_there(self, row: Any, person: Person, queue: str) -> bool:
        department = None if queue == ANY_DEPARTMENT else queue
        found = availability.of(self.people, row, person, city=self.city, at=self.at, department=department)
        return found.presence is Presence.AVAILABLE


def of_parts(found: Found, *, city: City, at: datetime) -> Crew:
    """Make the crew of what :data:`PARTS` read."""
    return Crew(found["takers"], rota.of_parts(found, city), city, at)


def read(session: Session, *, city: City, at: datetime) -> Crew:
    """Return all who take calls."""
    return of_parts(together.read(session, PARTS, {"now": at}), city=city, at=at)


def is_anybody_free(session: Session, *, at: datetime) -> bool:
    """Tell whether any telephone could be rung now, but for leave, hours and departments."""
    return bool(session.execute(_ANYBODY_FREE, {"now": at}).scalar_one())


def free(session: Session, queues: Sequence[str], *, city: City, at: datetime) -> list[Taker]:
    """Return who can be rung now for any of these queues."""
    return read(session, city=city, at=at).free(queues)
