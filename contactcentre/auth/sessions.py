"""Log-ins of people: a random cookie, stored as its SHA-256; ended by idleness, age, log-out or revocation."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Agent, AgentRole, AgentSession, SecondFactor
from cases.permissions import Viewer, ViewerKind

COOKIE = "cc_session"
IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(hours=24)
#: how stale ``seen_at`` may get, so that not every page is a write
SEEN_EVERY = timedelta(minutes=5)
LONGEST_BROWSER = 200
_ROLE = func.json_build_array(AgentRole.role, AgentRole.department)
_GRANTS = select(func.json_agg(_ROLE)).where(AgentRole.agent_id == AgentSession.agent_id).scalar_subquery()
_FIND = (
    select(AgentSession, Agent.name, Agent.first_login_at, SecondFactor.confirmed_at, _GRANTS)
    .join(Agent, Agent.id == AgentSession.agent_id)
    .outerjoin(SecondFactor, SecondFactor.agent_id == AgentSession.agent_id)
    .where(
        AgentSession.token_hash == bindparam("hash"),
        AgentSession.revoked_at.is_(None),
        AgentSession.expires_at > bindparam("now"),
        AgentSession.seen_at > bindparam("idle_since"),
        Agent.active,
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """A log-in that counts ``at`` this instant. ``stale`` asks for :func:`touch`; ``second`` tells whether its agent
    has a second factor.
    """

    viewer: Viewer
    row: AgentSession
    stale: bool
    at: datetime
    first_login_at: datetime | None
    second: bool


def create(session: Session, *, agent_id: int, browser: str, network: str = "", absolute: timedelta = ABSOLUTE) -> str:
    """Begin a log-in and return its cookie, always a new one, whatever the browser brought."""
    at, token = clock.now(session), secrets.token_urlsafe(32)
    row = AgentSession(
        token_hash=digest(token),
        agent_id=agent_id,
        csrf_token=secrets.token_urlsafe(32),
        created_at=at,
        seen_at=at,
        expires_at=at + absolute,
        browser=browser[:LONGEST_BROWSER],
        network=masked(network),
    )
    session.add(row)
    return token


def find(session: Session, token: str, *, idle: timedelta = IDLE) -> Found | None:
    """Return whose log-in a cookie is, with the roles they have now; None once it is over or the agent is inactive."""
    now = clock.now(session)
    values = {"hash": digest(token), "now": now, "idle_since": now - idle}
    found = session.execute(_FIND, values).one_or_none()
    if found is None:
        return None
    row, name, first, second, roles = found
    grants = frozenset((role, department) for role, department in roles or ())
    viewer = Viewer(ViewerKind.AGENT, row.agent_id, name, grants)
    return Found(viewer, row, now - row.seen_at > SEEN_EVERY, now, first, second is not None)


def touch(session: Session, token_hash: str, *, at: datetime) -> None:
    """Note that a log-in is in use."""
    session.execute(update(AgentSession).where(AgentSession.token_hash == token_hash).values(seen_at=at))


def revoke(session: Session, token: str) -> None:
    """End one log-in; nothing happens where there is none."""
    _revoke(session, AgentSession.token_hash == digest(token), at=clock.now(session))


def of_agent(session: Session, agent_id: int, *, idle: timedelta = IDLE) -> Sequence[AgentSession]:
    """Return the log-ins of an agent that count now, the one used last first."""
    now = clock.now(session)
    query = select(AgentSession).where(AgentSession.agent_id == agent_id, AgentSession.revoked_at.is_(None))
    query = query.where(AgentSession.expires_at > now, AgentSession.seen_at > now - idle)
    return session.scalars(query.order_by(AgentSession.seen_at.desc(), AgentSession.token_hash)).all()


def revoke_one(session: Session, agent_id: int, mark: str) -> None:
    """End one of an agent's own log-ins by its :func:`mark`; nothing happens where there is none."""
    ours = [one.token_hash for one in of_agent(session, agent_id) if mark_of(one) == mark]
    _revoke(session, AgentSession.token_hash.in_(ours), at=clock.now(session))


def mark_of(row: AgentSession) -> str:
    """Return by which word a page speaks of a log-in: it says nothing of its cookie."""
    return hashlib.sha256(row.token_hash.encode()).hexdigest()[:16]


def masked(address: str) -> str:
    """Return what is kept of an address: its network, of which somebody knows their own again."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if mapped.version == 4:
        return ".".join(str(mapped).split(".")[:3]) + ".x"
    return f"{ipaddress.ip_network((mapped, 48), strict=False).network_address}x"


def digest(token: str) -> str:
    """Return what is stored of a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def _revoke(session: Session, *which: ColumnElement[bool], at: datetime) -> None:
    session.execute(update(AgentSession).where(*which, AgentSession.revoked_at.is_(None)).values(revoked_at=at))
