"""A person logs in: counted first, then checked, with the same work for a name that exists and one that does not.

Who has a second factor gets a step after their password, and the log-in for a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cases import clock
from cases.logins import STEP
from cases.models import Agent
from contactcentre.auth import links, lockout, passwords, second_factor, sessions
from contactcentre.db import Database

LONGEST_PASSWORD = 1000  # Argon2 takes any length; a megabyte would only keep the processor busy
#: how long somebody may look for their telephone
STEP_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asking:
    """From where somebody logs in. ``before`` is the cookie that the browser brought; that log-in ends."""

    network: str
    browser: str
    before: str | None = None
    absolute: timedelta = sessions.ABSOLUTE


@dataclass(frozen=True, slots=True)
class Step:
    """The password was right; this token and a code make it a log-in."""

    token: str


def log_in(db: Database, *, username: str, password: str, asking: Asking) -> str | Step | None:
    """Return the cookie of a new log-in, or the step to a code; None says neither what was wrong nor whether the name
    exists.

    Raises ``Unavailable`` without a database: an attempt that cannot be counted is not looked at.
    """
    counted = db.run(lambda uow: lockout.count(uow.session, username=username, network=asking.network))
    with db.reader() as session:
        agent = _find(session, username)
    # No connection is held here: this takes a tenth of a second on purpose. Who has no password yet costs the same.
    right = passwords.matches((agent and agent[1]) or _nobody(), password[:LONGEST_PASSWORD])
    if agent is None or not agent[1] or not right or not counted:
        return None
    agent_id = agent[0]

    def begin(session: Session) -> str | Step:
        lockout.forgive(session, username=username, network=asking.network)
        if second_factor.is_on(session, agent_id):
            by = f"agent:{agent_id}"
            return Step(links.make(session, agent_id=agent_id, kind=STEP, lasts=STEP_LASTS, by=by))
        return _begin(session, agent_id, asking)

    return db.run(lambda uow: begin(uow.session))


def waits(db: Database, step: str) -> bool:
    """Tell whether a step still waits for its code."""
    with db.reader() as session:
        return links.find(session, step, STEP) is not None


def take_code(db: Database, *, step: str, code: str, key: bytes, asking: Asking) -> str | None:
    """Return the cookie of a new log-in for a step and its code, or None. Failures are counted like those of passwords,
    and by the same networks.
    """
    with db.reader() as session:
        found = links.find(session, step, STEP)
    if found is None:
        return None
    username, network = found[1].username, asking.network
    counted = db.run(lambda uow: lockout.count(uow.session, username=username, network=network, of=lockout.CODE))

    def begin(session: Session) -> str | None:
        waiting = links.find(session, step, STEP, lock=True)
        if waiting is None or not second_factor.check(session, key, waiting[1].id, code):
            return None
        links.use(session, waiting[0])
        lockout.forgive(session, username=username, network=network, of=lockout.CODE)
        return _begin(session, waiting[1].id, asking)

    return db.run(lambda uow: begin(uow.session)) if counted else None


def _begin(session: Session, agent_id: int, asking: Asking) -> str:
    if asking.before:
        sessions.revoke(session, asking.before)
    now: datetime = clock.now(session)
    first = func.coalesce(Agent.first_login_at, now)
    session.execute(update(Agent).where(Agent.id == agent_id).values(last_login_at=now, first_login_at=first))
    return sessions.create(
        session, agent_id=agent_id, browser=asking.browser, network=asking.network, absolute=asking.absolute
    )


def _find(session: Session, username: str) -> tuple[int, str] | None:
    name = lockout.plain(username)
    query = select(Agent.id, Agent.password_hash).where(func.lower(Agent.username) == name, Agent.active)
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody has, to be checked for names that do not exist."""
    return passwords.hash("nobody's password")
