"""Who works here, as they are now: everybody active with their roles, their leave and their hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cases import together
from cases.departments import City
from cases.models import Absence, Agent, AgentRole, Shift
from cases.permissions import Viewer, ViewerKind
from cases.recipients import Leave, Person, Staff, week_of
from cases.sla.calendar import ALWAYS_OPEN, Calendar
from cases.together import Found, Instant

#: who has been invited and has no password yet could not work on anything
WORKS = (Agent.active, Agent.password_hash != "")


def read(session: Session, city: City, *, at: datetime, only: int | None = None) -> Staff:
    """Return all active agents who have a password, or ``only`` one; leave that is over is left out."""
    return of_parts(together.read(session, parts(at=at, only=only)), city)


def parts(
    *, at: Instant, only: int | None = None, among: Select[int] | None = None
) -> Mapping[str, Select[*tuple[Any, ...]]]:
    """Return the reads that :func:`of_parts` makes people of: everybody, ``only`` one, or those ``among`` these."""

    def rows(agent_id: Any, *columns: Any) -> Select[*tuple[Any, ...]]:
        query = select(agent_id.label("agent_id"), *columns)
        query = query if only is None else query.where(agent_id == only)
        return query if among is None else query.where(agent_id.in_(among))

    return {
        "grants": rows(AgentRole.agent_id, AgentRole.role, AgentRole.department),
        "shifts": rows(Shift.agent_id, Shift.weekday, Shift.opens, Shift.closes),
        "leave": rows(Absence.agent_id, Absence.since, Absence.until, Absence.stand_in_id).where(Absence.until > at),
        "people": rows(Agent.id, Agent.name).where(*WORKS).order_by(Agent.id),
    }


def of_parts(found: Found, city: City) -> Staff:
    """Make people of what :func:`parts` read."""
    grants, shifts, leave = (_gathered(found[name]) for name in ("grants", "shifts", "leave"))
    people = {}
    for one in found["people"]:
        viewer = Viewer(
            ViewerKind.AGENT, one.agent_id, one.name, frozenset((g.role, g.department) for g in grants[one.agent_id])
        )
        away = [Leave(row.since, row.until, row.stand_in_id) for row in leave[one.agent_id]]
        week = week_of((row.weekday, row.opens, row.closes) for row in shifts[one.agent_id])
        people[one.agent_id] = Person(viewer, week, away)
    return Staff(people, city.organisation.timezone)


def calendar_of(city: City, department: str | None) -> Calendar:
    """Return the calendar that a department works by: its own word, else its promises', else the city's promises'."""
    found = city.departments.get(department or "")
    named = [found.assigning.calendar] if found else []
    named += [one.calendar for one in city.policies if one.department == department and department is not None]
    named += [one.calendar for one in city.policies if one.department is None]
    return next((city.calendars[key] for key in named if key is not None and key in city.calendars), ALWAYS_OPEN)


def _gathered(rows: list[Any]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.agent_id].append(row)
    return found
