"""What a person's page shows of their work: tags, cap, availability, open cases, and who changed what lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cases import availability, profiles, staff_changes
from cases.availability import Loaded
from cases.departments import City
from cases.models import AgentProfile
from cases.permissions import ANY_DEPARTMENT, Role, Viewer, reach
from cases.staff_changes import Change
from contactcentre.web.desk import room
from contactcentre.web.desk.mine import PRESENCES
from contactcentre.web.formatting import moment
from contactcentre.web.traced import TRACED

_SAID: Final = {
    **TRACED,
    "tags": "languages and skills",
    "cap": "most open cases",
    "away": "away",
    "available": "available again",
    "hours": "hours",
    "leave_added": "leave added",
    "leave_ended": "leave ended",
}
_INSTANTS = ("since", "until")


@dataclass(frozen=True, slots=True)
class Work:
    """``services`` are those that the viewer may choose from, ``words`` the skills that are no service."""

    profile: AgentProfile
    languages: Sequence[tuple[str, str, bool]]
    services: Sequence[tuple[str, str, bool]]
    words: str
    sets_cap: bool
    loaded: Loaded | None
    changes: Sequence[tuple[Change, str]]


def load(session: Session, viewer: Viewer, *, city: City, agent_id: int) -> Work:
    """Read it for somebody whom the viewer plans for, as the caller has made sure."""
    known = profiles.profile(session, agent_id)
    offered = {one.key: one.name for one in _services(city, viewer)}
    offered |= {one.key: one.name for one in _all_services(city) if one.key in known.skills}
    zone, names = room.zone_of(city), city.texts.names
    return Work(
        profile=known,
        languages=[(one, names.get(one, one), one in known.languages) for one in city.organisation.languages],
        services=[(key, name, key in known.skills) for key, name in sorted(offered.items(), key=lambda one: one[1])],
        words=", ".join(one for one in known.skills if one not in offered),
        sets_cap=viewer.has(Role.SUPERVISOR),
        loaded=availability.of_agents(session, [agent_id], city=city).get(agent_id),
        changes=[(one, _words(one, zone)) for one in staff_changes.latest(session, agent_id)],
    )


def presence(loaded: Loaded) -> tuple[str, str, str]:
    """Return tone, icon and words of somebody's availability."""
    return PRESENCES[loaded.availability.presence]


def _services(city: City, viewer: Viewer) -> Sequence[Any]:
    mine = {department for department, _ in reach(viewer)}
    return [one for one in _all_services(city) if ANY_DEPARTMENT in mine or one.department in mine]


def _all_services(city: City) -> Sequence[Any]:
    return [one for department in city.departments.values() for one in department.services]


def _words(change: Change, zone: Any) -> str:
    values: Mapping[str, Any] = change.values
    when = [
        f"{word} {moment(datetime.fromisoformat(values[key]), zone)}"
        for key, word in zip(_INSTANTS, ("from", "until"), strict=True)
        if values.get(key)
    ]
    said = _SAID.get(change.kind, change.kind)
    if change.kind == "cap":
        said += f": {values['cap'] if values.get('cap') is not None else 'as the department has it'}"
    return " ".join([said, *when])
