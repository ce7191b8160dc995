"""Who works now in the departments of a viewer's board, and at what; who needs somebody to look after them first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, DateTime, Select, bindparam, select
from sqlalchemy.orm import Session

from cases import availability, clock, rota, together, viewing
from cases.availability import Presence
from cases.departments import City
from cases.models import AgentProfile, CallLeg, PhoneCall, Viewing
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, reach
from cases.queries import board
from cases.recipients import Person, Staff
from cases.together import NOW, Found

#: who writes up a call for longer than this is stuck
LONG_WRAP = timedelta(minutes=5)
#: a call that ended so long ago is written up by nobody any more
_FORGOTTEN = timedelta(hours=2)
_SINCE: BindParameter[datetime] = bindparam("forgotten", None, type_=DateTime(timezone=True))


class State(StrEnum):
    """What an agent does now, in the order in which boards show them."""

    STUCK = "stuck"
    WRAPPING = "wrapping"
    CALLING = "calling"
    ON_CASE = "on_case"
    FREE = "free"
    AWAY = "away"


#: of these somebody is here for citizens
IN = frozenset(State) - {State.AWAY}


@dataclass(frozen=True, slots=True)
class AgentNow:
    """One agent. ``since`` is when the state began, None where nobody notes it; ``cap`` None: no limit is known.

    ``open`` and ``late`` are the agent's cases that the viewer's board counts; ``there``: the departments whose work
    they get now.
    """

    id: int
    name: str
    state: State
    since: datetime | None
    open: int
    late: int
    cap: int | None
    there: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agents:
    """Agents in the order of their states; ``available`` are those who get work now, by department; ``working`` are the
    departments whose hours it is.
    """

    people: Sequence[AgentNow]
    available: Mapping[str, int]
    working: frozenset[str]

    def of(self, *states: State) -> Sequence[AgentNow]:
        """Return those who are in one of these states."""
        return [one for one in self.people if one.state in states]


def load(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    held: Mapping[int, tuple[int, int]] | None = None,
    only: Collection[str] = (),
) -> Agents:
    """Return who works in the departments of the board; who is on leave or outside their hours is left out."""
    at, shown = clock.now(session), board.keys(viewer, city, only)
    found = together.read(session, together.kept(_parts), {"now": at, "forgotten": at - _FORGOTTEN})
    people, now = rota.of_parts(found, city), _Now(found, at)
    agents, available = list[AgentNow](), dict.fromkeys(shown, 0)
    for person in people.people.values():
        places = _places(person, [one for one in shown if one])
        if not places:
            continue
        there = _there(people, person, places, now, city)
        for key in there:
            available[key] += 1
        state, since = now.state(person, people, city)
        if state is not None:
            number, late = (held or {}).get(person.id, (0, 0))
            cap = _cap(now.profiles.get(person.id), places, city)
            agents.append(AgentNow(person.id, person.viewer.name, state, since, number, late, cap, tuple(there)))
    order = list(State)
    agents.sort(key=lambda one: (order.index(one.state), -one.late, one.name, one.id))
    working = frozenset(key for key in shown if key and rota.calendar_of(city, key).is_open(at))
    return Agents(agents, available, working)


def _parts() -> Mapping[str, Select[*tuple[Any, ...]]]:
    profile, leg, call = AgentProfile, CallLeg, PhoneCall
    wraps = select(call.agent_id, call.ended_at, call.wrap_until).where(
        call.wrap_until.is_not(None), call.wrapped_at.is_(None), call.ended_at > _SINCE
    )
    legs = select(leg.agent_id, leg.answered_at, leg.rang_at)
    return {
        **rota.parts(at=NOW),
        "profiles": select(profile.agent_id, profile.away_since, profile.away_until, profile.cap),
        "legs": legs.where(leg.agent_id.is_not(None), leg.ended_at.is_(None)),
        "wraps": wraps,
        "looks": select(Viewing.agent_id).where(Viewing.seen_at > NOW - viewing.LASTS).distinct(),
    }


class _Now:
    """What everybody does at this instant."""

    def __init__(self, found: Found, at: datetime) -> None:
        self.at = at
        self.profiles = {one.agent_id: one for one in found["profiles"]}
        self.legs = {one.agent_id: one.answered_at or one.rang_at for one in found["legs"]}
        self.wraps = {one.agent_id: one for one in found["wraps"]}
        self.looks = {one.agent_id for one in found["looks"]}

    def state(self, person: Person, people: Staff, city: City) -> tuple[State | None, datetime | None]:
        """Return what somebody does, and since when; None for who is not here."""
        wrap = self.wraps.get(person.id)
        if person.id in self.legs:
            return State.CALLING, self.legs[person.id]
        if wrap is not None:
            stuck = self.at - wrap.ended_at > LONG_WRAP or wrap.wrap_until <= self.at
            return (State.STUCK if stuck else State.WRAPPING), wrap.ended_at
        known = self.profiles.get(person.id)
        found = availability.of(people, known, person, city=city, at=self.at, department=None)
        if found.presence is Presence.AWAY:
            return State.AWAY, known.away_since if known else None
        if found.presence is not Presence.AVAILABLE:
            return None, None
        return (State.ON_CASE if person.id in self.looks else State.FREE), None


def _places(person: Person, shown: Sequence[str]) -> Sequence[str]:
    """Return the departments of the board in which somebody answers."""
    within = {department for department, _ in reach(person.viewer, Action.REPLY)}
    return [one for one in shown if ANY_DEPARTMENT in within or one in within]


def _there(people: Staff, person: Person, places: Sequence[str], now: _Now, city: City) -> Sequence[str]:
    """Return the departments for which somebody gets work now."""
    known = now.profiles.get(person.id)
    found = (availability.of(people, known, person, city=city, at=now.at, department=key) for key in places)
    return [key for key, one in zip(places, found, strict=True) if one.presence is Presence.AVAILABLE]


def _cap(profile: Any, places: Sequence[str], city: City) -> int | None:
    if profile is not None and profile.cap is not None:
        return int(profile.cap)
    return max((city.departments[key].assigning.cap for key in places if key in city.departments), default=None)
