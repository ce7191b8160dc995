"""Log-ins of people: a random cookie, stored as its SHA-256; ended by idleness, age, log-out or revocation."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Agent, AgentRole, AgentSession
from cases.permissions import Viewer, ViewerKind

COOKIE = "cc_session"
IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(hours=24)
#: how stale ``seen_at`` may get, so that not every page is a write
SEEN_EVERY = timedelta(minutes=5)
LONGEST_BROWSER = 200
_FIND = (
    select(AgentSession, Agent.name)
    .join(Agent, Agent.id == AgentSession.agent_id)
    .where(
        AgentSession.token_hash == bindparam("hash"),
        AgentSession.revoked_at.is_(None),
        AgentSession.expires_at > bindparam("now"),
        AgentSession.seen_at > bindparam("idle_since"),
        Agent.active,
    )
)
_GRANTS = select(AgentRole.role, AgentRole.department).where(AgentRole.agent_id == bindparam("agent_id"))


@dataclass(frozen=True, slots=True)
class Found:
    """A log-in that counts now. ``stale`` asks for :func:`touch`."""

    viewer: Viewer
    row: AgentSession
    stale: bool


def create(session: Session, *, agent_id: int, browser: str) -> str:
    """Begin a log-in and return its cookie, always a new one, whatever the browser brought."""
    at, token = clock.now(session), secrets.token_urlsafe(32)
    row = AgentSession(
        token_hash=digest(token),
        agent_id=agent_id,
        csrf_token=secrets.token_urlsafe(32),
        created_at=at,
        seen_at=at,
        expires_at=at + ABSOLUTE,
        browser=browser[:LONGEST_BROWSER],
    )
    session.add(row)
    return token


def find(session: Session, token: str) -> Found | None:
    """Return whose log-in a cookie is, with the roles they have now; None once it is over or the agent is inactive."""
    now = clock.now(session)
    values = {"hash": digest(token), "now": now, "idle_since": now - IDLE}
    found = session.execute(_FIND, values).one_or_none()
    if found is None:
        return None
    row, name = found
    grants = frozenset((role, department) for role, department in session.execute(_GRANTS, {"agent_id": row.agent_id}))
    return Found(Viewer(ViewerKind.AGENT, row.agent_id, name, grants), row, now - row.seen_at > SEEN_EVERY)


def touch(session: Session, token_hash: str) -> None:
    """Note that a log-in is in use."""
    now = clock.now(session)
    session.execute(update(AgentSession).where(AgentSession.token_hash == token_hash).values(seen_at=now))


def revoke(session: Session, token: str) -> None:
    """End one log-in; nothing happens where there is none."""
    _revoke(session, AgentSession.token_hash == digest(token), at=clock.now(session))


def revoke_all(session: Session, agent_id: int) -> None:
    """End every log-in of an agent, as after a changed password."""
    _revoke(session, AgentSession.agent_id == agent_id, at=clock.now(session))


def digest(token: str) -> str:
    """Return what is stored of a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def _revoke(session: Session, whose: object, *, at: datetime) -> None:
    session.execute(update(AgentSession).where(whose, AgentSession.revoked_at.is_(None)).values(revoked_at=at))  # type: ignore[arg-type]
