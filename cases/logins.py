"""Ending the log-ins of somebody who works here: after a changed password, changed roles, or the end of their work."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from cases import clock
from cases.models import AgentLink, AgentSession

#: kinds of links: two that set a password, and the step between password and second factor
INVITATION, RESET, STEP = "invitation", "reset", "step"
#: of these each agent has one that is good at most
SETTING = (INVITATION, RESET)


def end_all(session: Session, agent_id: int, *, but: str | None = None) -> None:
    """End every log-in of an agent, half-way ones too; ``but`` is the stored hash of the one that goes on."""
    ours = update(AgentSession).where(AgentSession.agent_id == agent_id, AgentSession.revoked_at.is_(None))
    if but is not None:
        ours = ours.where(AgentSession.token_hash != but)
    session.execute(ours.values(revoked_at=clock.now(session)))
    withdraw(session, agent_id, STEP)


def withdraw(session: Session, agent_id: int, *kinds: str) -> None:
    """End the links of these kinds that somebody has not used yet."""
    ours = update(AgentLink).where(AgentLink.agent_id == agent_id, AgentLink.kind.in_(kinds))
    session.execute(ours.where(AgentLink.used_at.is_(None)).values(used_at=clock.now(session)))
