"""Parked cases: those that wait for somebody outside or were put aside, the longest first, and for whom they wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, String, Subquery, cast, func, literal_column, select, true, union_all
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.selectable import LateralFromClause

from cases.departments import City
from cases.errors import NotFound
from cases.models import Agent, Case, Event, Snooze
from cases.permissions import Action, Viewer
from cases.queries.forecast import departments
from cases.queries.scope import visible
from cases.together import first

#: of each department, those of which nothing was heard for the longest time
MOST = 100
# Written out, so that PostgreSQL sees that its own index holds these cases.
_PARKED = literal_column(
    "(case_file.status in ('waiting_on_citizen', 'waiting_on_third_party') or (case_file.snoozed_until is not null "
    "and case_file.status in ('new', 'open')))",
    Boolean,
)


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """One case. ``since``: when it was parked; ``by``: who did it; ``answered``: its citizen has spoken after that.

    ``until``: when it is there again by itself, None where nobody has said so. ``reason`` is a colleague's.
    """

    id: int
    reference: str
    subject: str
    department: str | None
    version: int
    status: str
    priority: str
    agent_id: int | None
    agent: str | None
    since: datetime
    by: str | None
    until: datetime | None
    reason: str
    answered: bool
    due_at: datetime | None


def page(session: Session, viewer: Viewer, *, city: City, department: str | None = None) -> Sequence[ParkedRow]:
    """Return the parked cases of what the viewer steers, parked longest first.

    Raises ``NotFound`` for a department that they do not steer.
    """
    known = [key for key, _ in departments(viewer, city)]
    if department is not None and department not in known:
        raise NotFound("There is no such department, or none that you steer.", field="department")
    wanted = [department] if department is not None else known
    if not wanted:
        return ()
    ids = union_all(*(select(_longest(viewer, key)) for key in wanted)).subquery("longest")
    last = _last_wait()
    aside = select(Snooze).where(Snooze.case_id == Case.id, Snooze.ended_at.is_(None)).limit(first(1)).lateral("aside")
    who = aliased(Agent)
    author = select(who.name).where(func.concat("agent:", cast(who.id, String)) == last.c.actor)
    since = func.coalesce(aside.c.created_at, last.c.at, Case.updated_at)
    by_whom = select(who.name).where(who.id == aside.c.agent_id).scalar_subquery()
    query = (
        select(
            *(Case.id, Case.reference, Case.subject, Case.department, Case.version, Case.status, Case.priority),
            Case.assignee_id.label("agent_id"),
            Agent.name.label("agent"),
            since.label("since"),
            func.coalesce(by_whom, author.scalar_subquery()).label("by"),
            Case.snoozed_until.label("until"),
            func.coalesce(aside.c.reason, "").label("reason"),
            ((Case.last_speaker == "citizen") & (Case.last_message_at > since)).label("answered"),
            Case.due_at,
        )
        .join(ids, ids.c.id == Case.id)
        .outerjoin(Agent, Agent.id == Case.assignee_id)
        .outerjoin(aside, true())
        .outerjoin(last, true())
        .order_by(since, Case.id)
    )
    return [ParkedRow(**row._mapping) for row in session.execute(query)]


def _longest(viewer: Viewer, department: str) -> Subquery:
    ordered = (
        select(Case.id)
        .where(Case.department == department, visible(viewer, Action.STEER), _PARKED)
        .order_by(Case.last_message_at, Case.id)
    )
    return ordered.limit(first(MOST)).subquery()


def _last_wait() -> LateralFromClause:
    """Return when and by whom a case was last given the status it has, along the index of its history."""
    waits = (
        select(Event.at, Event.actor)
        .where(Event.case_id == Case.id, Event.kind == "status_changed", Event.values["to"].astext == Case.status)
        .where(Case.status.like("waiting%"))
    )
    return waits.order_by(Event.seq.desc()).limit(first(1)).lateral("last")
