"""A person logs in: counted first, then checked, with the same work for a name that exists and one that does not."""

from __future__ import annotations

from functools import cache

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Agent
from contactcentre.auth import lockout, passwords, sessions
from contactcentre.db import Database

LONGEST_PASSWORD = 1000  # Argon2 takes any length; a megabyte would only keep the processor busy


def log_in(
    db: Database, *, username: str, password: str, network: str, browser: str, before: str | None = None
) -> str | None:
    """Return the cookie of a new log-in, or None, which says neither what was wrong nor whether the name exists.

    ``before`` is the cookie that the browser brought; that log-in ends. Raises ``Unavailable`` without a database: an
    attempt that cannot be counted is not looked at.
    """
    counted = db.run(lambda uow: lockout.count(uow.session, username=username, network=network))
    with db.reader() as session:
        agent = _find(session, username)
    # No connection is held here: this takes a tenth of a second on purpose.
    right = passwords.matches(agent[1] if agent else _nobody(), password[:LONGEST_PASSWORD])
    if agent is None or not right or not counted:
        return None
    agent_id = agent[0]

    def begin(session: Session) -> str:
        lockout.forgive(session, username=username, network=network)
        if before:
            sessions.revoke(session, before)
        session.execute(update(Agent).where(Agent.id == agent_id).values(last_login_at=clock.now(session)))
        return sessions.create(session, agent_id=agent_id, browser=browser)

    return db.run(lambda uow: begin(uow.session))


def _find(session: Session, username: str) -> tuple[int, str] | None:
    name = username.strip().lower().replace("\x00", "")
    query = select(Agent.id, Agent.password_hash).where(func.lower(Agent.username) == name, Agent.active)
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody has, to be checked for names that do not exist."""
    return passwords.hash("nobody's password")
