"""Who works here, as they are now: everybody active with their roles, their leave and their hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cases.departments import City
from cases.models import Absence, Agent, AgentRole, Shift
from cases.permissions import Viewer, ViewerKind
from cases.recipients import Leave, Person, Staff, week_of
from cases.sla.calendar import ALWAYS_OPEN, Calendar

#: who has been invited and has no password yet could not work on anything
WORKS = (Agent.active, Agent.password_hash != "")


def read(session: Session, city: City, *, at: datetime, only: int | None = None) -> Staff:
    """Return all active agents who have a password, or ``only`` one; leave that is over is left out."""

    def rows(agent_id: Any, *columns: Any) -> Select[Any]:
        query = select(agent_id, *columns)
        return query if only is None else query.where(agent_id == only)

    grants = _gathered(session, rows(AgentRole.agent_id, AgentRole.role, AgentRole.department))
    shifts = _gathered(session, rows(Shift.agent_id, Shift.weekday, Shift.opens, Shift.closes))
    absent = rows(Absence.agent_id, Absence.since, Absence.until, Absence.stand_in_id).where(Absence.until > at)
    leave = _gathered(session, absent)
    people = {}
    for agent_id, name in session.execute(rows(Agent.id, Agent.name).where(*WORKS).order_by(Agent.id)):
        viewer = Viewer(ViewerKind.AGENT, agent_id, name, frozenset((role, where) for role, where in grants[agent_id]))
        away = [Leave(*row) for row in leave[agent_id]]
        people[agent_id] = Person(viewer, week_of((d, o, c) for d, o, c in shifts[agent_id]), away)
    return Staff(people, city.organisation.timezone)


def calendar_of(city: City, department: str | None) -> Calendar:
    """Return the calendar that a department works by: its own word, else its promises', else the city's promises'."""
    found = city.departments.get(department or "")
    named = [found.assigning.calendar] if found else []
    named += [one.calendar for one in city.policies if one.department == department and department is not None]
    named += [one.calendar for one in city.policies if one.department is None]
    return next((city.calendars[key] for key in named if key is not None and key in city.calendars), ALWAYS_OPEN)


def _gathered(session: Session, query: Any) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for agent_id, *row in session.execute(query):
        found[agent_id].append(tuple(row))
    return found
