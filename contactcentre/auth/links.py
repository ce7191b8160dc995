"""Secrets that stand for one agent once: invitations and resets, and the step between password and second factor.

256 random bits, stored as SHA-256. The installation's key alone makes none of them.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock
from cases.logins import SETTING, withdraw
from cases.models import Agent, AgentLink


def make(session: Session, *, agent_id: int, kind: str, lasts: timedelta, by: str) -> str:
    """Make a link's secret, the only time that it can be read; earlier ones that set a password end."""
    at, token = clock.now(session), secrets.token_urlsafe(32)
    if kind in SETTING:
        withdraw(session, agent_id, *SETTING)
    row = AgentLink(token_hash=_digest(token), agent_id=agent_id, kind=kind, created_by=by)
    row.created_at, row.expires_at = at, at + lasts
    session.add(row)
    session.flush()
    return token


def find(session: Session, token: str, *kinds: str, lock: bool = False) -> tuple[AgentLink, Agent] | None:
    """Return a link that is good now, with whose it is; None for every other, without a word why.

    ``lock`` makes a second use wait, and then find it used.
    """
    query = select(AgentLink).where(AgentLink.token_hash == _digest(token), AgentLink.kind.in_(kinds))
    query = query.where(AgentLink.used_at.is_(None), AgentLink.expires_at > clock.now(session))
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    agent = session.get(Agent, row.agent_id) if row is not None else None
    return (row, agent) if row is not None and agent is not None and agent.active else None


def use(session: Session, row: AgentLink) -> None:
    """Use a link up."""
    row.used_at = clock.now(session)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
