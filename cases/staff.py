"""The people who work here: how they want to be told, when they are away, and in which hours they work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cases import clock, staff_changes
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import Absence, Agent, AgentRole, Shift
from cases.notices import BELL
from cases.permissions import ANY_DEPARTMENT, Role, Viewer, ViewerKind
from cases.staff_texts import SMS

LONGEST_REASON = 200
#: a leave that is ended in the instant of its beginning
SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Away:
    """A leave that goes on or is to come."""

    id: int
    since: datetime
    until: datetime
    stand_in: str | None
    reason: str
    returns: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody as those see them who plan for them. ``shifts``: (weekday, opens, closes), in their order."""

    id: int
    name: str
    phone: str | None
    notify_by: str
    absences: tuple[Away, ...]
    shifts: tuple[tuple[int, int, int], ...]


def profile(session: Session, viewer: Viewer, *, agent_id: int) -> Colleague:
    """Return an agent for themselves or their supervisor; raises ``NotFound``."""
    agent = planned(session, viewer, agent_id)
    now, query = clock.now(session), select(Absence, Agent.name).outerjoin(Agent, Agent.id == Absence.stand_in_id)
    query = query.where(Absence.agent_id == agent_id, Absence.until > now).order_by(Absence.since, Absence.id)
    away = tuple(
        Away(one.id, one.since, one.until, name, one.reason, one.returns) for one, name in session.execute(query)
    )
    shifts = select(Shift.weekday, Shift.opens, Shift.closes).where(Shift.agent_id == agent_id)
    rows = tuple((d, o, c) for d, o, c in session.execute(shifts.order_by(Shift.weekday, Shift.opens)))
    return Colleague(agent.id, agent.name, agent.phone, agent.notify_by, away, rows)


def people(session: Session, viewer: Viewer) -> Sequence[tuple[int, str]]:
    """Return the active agents whose leave and hours the viewer may set, by name, themselves left out."""
    where = _supervised(viewer)
    if not where:
        return ()
    query = select(Agent.id, Agent.name).join(AgentRole, AgentRole.agent_id == Agent.id).where(Agent.active)
    if ANY_DEPARTMENT not in where:
        query = query.where(AgentRole.department.in_(where))
    query = query.where(Agent.id != viewer.id).distinct().order_by(Agent.name, Agent.id)
    return [(agent_id, name) for agent_id, name in session.execute(query)]


def everybody(session: Session) -> Sequence[tuple[int, str]]:
    """Return all active agents: one of them may stand in for another."""
    query = select(Agent.id, Agent.name).where(Agent.active).order_by(Agent.name, Agent.id)
    return [(agent_id, name) for agent_id, name in session.execute(query)]


def set_contact(session: Session, viewer: Viewer, *, phone: str | None, notify_by: str) -> None:
    """Set how the viewer wants to be told; ``phone`` is in E.164 already. A supervisor cannot: it is their phone."""
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent has a telephone here.")
    if notify_by not in (BELL, SMS):
        raise Invalid("Choose the bell, or the bell and text messages.", field="notify_by")
    if notify_by == SMS and not phone:
        raise Invalid("Text messages need a telephone number.", field="phone")
    agent = session.get_one(Agent, viewer.id)
    agent.phone, agent.notify_by = phone, notify_by


def add_leave(
    session: Session,
    viewer: Viewer,
    *,
    agent_id: int,
    since: datetime,
    until: datetime,
    stand_in_id: int | None = None,
    reason: str = "",
    returns: bool = True,
) -> int:
    """Note that somebody is away from ``since`` until just before ``until``; returns the absence's id.

    When it begins, their open cases go to the stand-in; with ``returns`` they come back when it ends.
    """
    planned(session, viewer, agent_id)
    if until <= since:
        raise Invalid("The last day cannot be before the first.", field="until")
    if until <= clock.now(session):
        raise Invalid("This leave is over already.", field="until")
    if stand_in_id == agent_id:
        raise Invalid("Somebody else must stand in.", field="stand_in")
    stand_in = session.get(Agent, stand_in_id) if stand_in_id is not None else None
    if stand_in_id is not None and (stand_in is None or not stand_in.active):
        raise Invalid("There is no such colleague.", field="stand_in")
    words = " ".join(reason.split())[:LONGEST_REASON]
    row = Absence(agent_id=agent_id, since=since, until=until, stand_in_id=stand_in_id, reason=words, returns=returns)
    session.add(row)
    session.flush()
    staff_changes.note(session, viewer, agent_id, "leave_added", {**_days(row), "stand_in": stand_in_id})
    return row.id


def end_leave(session: Session, viewer: Viewer, *, absence_id: int) -> int:
    """End a leave now, or take back one that has not begun; returns whose it is. Raises ``NotFound``."""
    row = session.get(Absence, absence_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such leave.")
    planned(session, viewer, row.agent_id)
    now = clock.now(session)
    staff_changes.note(session, viewer, row.agent_id, "leave_ended", _days(row))
    if row.since >= now and row.handed_at is None:
        session.delete(row)
    else:
        row.until = min(row.until, max(now, row.since + SHORTEST))
    return row.agent_id


def set_hours(session: Session, viewer: Viewer, *, agent_id: int, shifts: Iterable[tuple[int, int, int]]) -> None:
    """Set somebody's own weekly hours; without any they work in the hours of the promises' calendars."""
    planned(session, viewer, agent_id)
    rows = sorted(set(shifts))
    for (day, _, closes), (next_day, opens, _) in pairwise(rows):
        if day == next_day and opens < closes:
            raise Invalid("The hours of a day must follow one another.", field="hours")
    session.execute(delete(Shift).where(Shift.agent_id == agent_id))
    session.add_all(Shift(agent_id=agent_id, weekday=day, opens=opens, closes=closes) for day, opens, closes in rows)
    staff_changes.note(session, viewer, agent_id, "hours", {"shifts": [list(one) for one in rows]})


def planned(session: Session, viewer: Viewer, agent_id: int) -> Agent:
    """Return an agent whom the viewer plans for; raises ``NotFound`` for everybody else."""
    agent = session.get(Agent, agent_id)
    own = viewer.kind is ViewerKind.AGENT and viewer.id == agent_id
    if agent is None or not (own or any(one == agent_id for one, _ in people(session, viewer))):
        raise NotFound("There is no such colleague, or none whom you plan for.")
    return agent


def _days(row: Absence) -> dict[str, str]:
    return {"since": row.since.isoformat(), "until": row.until.isoformat()}


def _supervised(viewer: Viewer) -> frozenset[str]:
    if viewer.kind is not ViewerKind.AGENT:
        return frozenset()
    return frozenset(department for role, department in viewer.grants if role == Role.SUPERVISOR)
