"""Who may be given a case: the agents who may answer in its department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import Session

from cases.models import Agent, AgentRole
from cases.permissions import ANY_DEPARTMENT, Action, Role, Viewer, ViewerKind, may


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent by name."""

    id: int
    name: str


def of_department(
    session: Session, viewer: Viewer, *, department: str | None, action: Action = Action.REPLY
) -> tuple[Colleague, ...]:
    """Return the active agents who may answer (or do ``action``) in a department, for whoever may assign; None: any."""
    if not may(viewer, Action.ASSIGN):
        return ()
    answering = [role for role in Role if may(Viewer(ViewerKind.AGENT, 0, "", frozenset({(role, "*")})), action)]
    query = (
        select(Agent.id, Agent.name)
        .join(AgentRole, AgentRole.agent_id == Agent.id)
        .where(Agent.active, AgentRole.role.in_(answering))
        .distinct()
        .order_by(Agent.name, Agent.id)
    )
    if department is not None:
        query = query.where(or_(AgentRole.department == department, AgentRole.department == ANY_DEPARTMENT))
    return tuple(Colleague(agent_id, name) for agent_id, name in session.execute(query))


def everybody(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Return the read of all active agents with their grants, for :func:`among`; nobody for who may not assign."""
    query: Select[*tuple[Any, ...]] = select(Agent.id, Agent.name, AgentRole.role, AgentRole.department)
    query = query.join(AgentRole, AgentRole.agent_id == Agent.id).order_by(Agent.name, Agent.id)
    return query.where(Agent.active) if may(viewer, Action.ASSIGN) else query.where(false())


def among(rows: Sequence[Any], *, department: str | None, action: Action = Action.REPLY) -> tuple[Colleague, ...]:
    """Return of :func:`everybody` who may do ``action`` in a department, as :func:`of_department` does."""
    able = {role for role in Role if may(Viewer(ViewerKind.AGENT, 0, "", frozenset({(role, "*")})), action)}
    places = (department, ANY_DEPARTMENT)
    found = {(one.id, one.name): None for one in rows if one.role in able and _in(one.department, places)}
    return tuple(Colleague(agent_id, name) for agent_id, name in found)


def _in(department: str, places: tuple[str | None, str]) -> bool:
    return places[0] is None or department in places
