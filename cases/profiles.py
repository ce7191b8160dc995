"""What an agent can do: the languages they speak, their skills, and up to how many open cases they are given more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import staff, staff_changes
from cases.base import table
from cases.departments import City
from cases.errors import Invalid, NotAllowed
from cases.models import AgentProfile
from cases.permissions import Role, Viewer

MOST_SKILLS, LONGEST_SKILL, LARGEST_CAP = 30, 40, 1000
_PROFILES = table(AgentProfile)


def profile(session: Session, agent_id: int) -> AgentProfile:
    """Return an agent's profile; where there is none yet, an empty one that is not stored."""
    found = session.get(AgentProfile, agent_id)
    return found or AgentProfile(agent_id=agent_id, languages=[], skills=[])


def set_tags(
    session: Session, viewer: Viewer, *, city: City, agent_id: int, languages: Iterable[str], skills: Iterable[str]
) -> None:
    """Set what somebody speaks and knows. A skill is the key of a service or a word of one's own."""
    staff.planned(session, viewer, agent_id)
    spoken = sorted(set(languages))
    for unknown in set(spoken) - set(city.organisation.languages):
        raise Invalid(f"{unknown!r} is no language of this city; choose from the list.", field="languages")
    known = sorted({words for one in skills if (words := " ".join(one.split()))})
    if len(known) > MOST_SKILLS or any(len(one) > LONGEST_SKILL for one in known):
        raise Invalid(f"At most {MOST_SKILLS} skills, of {LONGEST_SKILL} characters each.", field="skills")
    row = stored(session, agent_id)
    row.languages, row.skills = spoken, known
    staff_changes.note(session, viewer, agent_id, "tags", {"languages": spoken, "skills": known})


def set_cap(session: Session, viewer: Viewer, *, agent_id: int, cap: int | None) -> None:
    """Set up to how many open cases somebody is given more; None: as their department has it. Supervisors only."""
    staff.planned(session, viewer, agent_id)
    if not viewer.has(Role.SUPERVISOR):
        raise NotAllowed("Only a supervisor sets how many cases somebody is given.", field="cap")
    if cap is not None and not 0 <= cap <= LARGEST_CAP:
        raise Invalid(f"Write a number from 0 to {LARGEST_CAP}, or nothing for the department's.", field="cap")
    row = stored(session, agent_id)
    if row.cap != cap:
        row.cap = cap
        staff_changes.note(session, viewer, agent_id, "cap", {"cap": cap})


def got_one(session: Session, agent_ids: Iterable[int], *, at: datetime) -> None:
    """Remember that agents got a case now; in the order of their numbers, so that two callers never wait in a ring."""
    for agent_id in sorted(set(agent_ids)):
        stored(session, agent_id)
        session.execute(update(_PROFILES).where(_PROFILES.c.agent_id == agent_id).values(given_at=at))


def stored(session: Session, agent_id: int) -> AgentProfile:
    """Return an agent's profile as a row to change, made where there was none."""
    session.execute(insert(_PROFILES).values(agent_id=agent_id).on_conflict_do_nothing())
    return session.get_one(AgentProfile, agent_id)
