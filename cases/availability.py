"""Availability: may this agent get work now? Not on leave, in their hours, and not switched to away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cases import clock, profiles, rota, staff, staff_changes, together
from cases.departments import City
from cases.errors import Invalid
from cases.lifecycle import LIVE
from cases.models import AgentProfile, Case
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, ViewerKind, may, reach
from cases.recipients import Person, Staff, leave_at
from cases.together import Found, Instant


class Presence(StrEnum):
    """Whether somebody is here, and if not, why not."""

    AVAILABLE = "available"
    AWAY = "away"
    ON_LEAVE = "on_leave"
    OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True, slots=True)
class Availability:
    """``until`` is when a leave or an away ends, None where nobody knows. ``switched``: they have said away."""

    presence: Presence
    until: datetime | None = None
    switched: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """An agent with their availability and the number of their open cases."""

    id: int
    name: str
    availability: Availability
    load: int


def of(
    people: Staff, profile: AgentProfile | None, person: Person, *, city: City, at: datetime, department: str | None
) -> Availability:
    """Return whether somebody is there for a department (None: for any of theirs)."""
    switched = profile is not None and is_away(profile, at)
    leave = leave_at(person, at)
    if leave is not None:
        return Availability(Presence.ON_LEAVE, leave.until, switched)
    if switched and profile is not None:
        return Availability(Presence.AWAY, profile.away_until, switched)
    wanted = [department] if department is not None else _departments(person.viewer, city)
    here = (people.is_here(person.id, calendar=rota.calendar_of(city, one), at=at) for one in wanted)
    return Availability(Presence.AVAILABLE if any(here) else Presence.OUTSIDE_HOURS)


def is_away(profile: AgentProfile, at: datetime) -> bool:
    """Tell whether somebody has switched themselves to away, and is so still."""
    return profile.away_since is not None and (profile.away_until is None or profile.away_until > at)


def of_agents(session: Session, agent_ids: Sequence[int], *, city: City) -> Mapping[int, Loaded]:
    """Return active agents by id; the caller has asked whether the viewer may see them."""
    at = clock.now(session)
    people = rota.read(session, city, at=at)
    query = select(AgentProfile).where(AgentProfile.agent_id.in_(agent_ids))
    stored = {one.agent_id: one for one in session.scalars(query)}
    loads = loads_of(session)
    return {
        one.id: Loaded(
            one.id,
            one.viewer.name,
            of(people, stored.get(one.id), one, city=city, at=at, department=None),
            loads.get(one.id, 0),
        )
        for one in map(people.people.get, agent_ids)
        if one is not None
    }


def own(session: Session, viewer: Viewer, *, city: City) -> Availability | None:
    """Return whether the viewer is there; None for who is no agent, or answers nobody."""
    at = clock.now(session)
    return of_parts(together.read(session, own_parts(viewer, at=at)), viewer, city=city, at=at)


def own_parts(viewer: Viewer, *, at: Instant) -> Mapping[str, Select[*tuple[Any, ...]]]:
    """Return the reads that :func:`of_parts` needs; none for who is no agent, or answers nobody."""
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None or not may(viewer, Action.REPLY):
        return {}
    known = select(AgentProfile.away_since, AgentProfile.away_until).where(AgentProfile.agent_id == viewer.id)
    return {**rota.parts(at=at, only=viewer.id), "profile": known}


def of_parts(found: Found, viewer: Viewer, *, city: City, at: datetime) -> Availability | None:
    """Return what :func:`own` does, of parts that were read."""
    if "people" not in found:
        return None
    people = rota.of_parts(found, city)
    person = people.people.get(viewer.id or 0)
    known = next(iter(found["profile"]), None)
    return of(people, known, person, city=city, at=at, department=None) if person else None


def loads_of(session: Session) -> Mapping[int, int]:
    """Return how many open cases each agent has."""
    query = select(Case.assignee_id, func.count()).where(Case.assignee_id.is_not(None), Case.status.in_(LIVE))
    return {agent_id: number for agent_id, number in session.execute(query.group_by(Case.assignee_id)) if agent_id}


def switch(session: Session, viewer: Viewer, *, agent_id: int, away: bool, until: datetime | None = None) -> None:
    """Say that somebody is away, ``until`` an instant or until they say otherwise, or that they are back."""
    staff.planned(session, viewer, agent_id)
    at = clock.now(session)
    if away and until is not None and until <= at:
        raise Invalid("This time has passed already.", field="until")
    row = profiles.stored(session, agent_id)
    row.away_since, row.away_until = (at, until) if away else (None, None)
    values = {"until": until.isoformat() if away and until else None}
    staff_changes.note(session, viewer, agent_id, "away" if away else "available", values)


def _departments(viewer: Viewer, city: City) -> Sequence[str | None]:
    """Return where somebody answers; for who does nowhere, the city's own calendar counts."""
    mine = {department for department, _ in reach(viewer, Action.REPLY)}
    if ANY_DEPARTMENT in mine:
        return [*city.departments, None]
    return sorted(mine) or [None]
