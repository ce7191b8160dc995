"""Who may be given a case: the agents who may answer in its department."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
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
