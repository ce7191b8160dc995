"""Choosing a password: by a link, or by the old one. Either ends the log-ins that went before."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cases import logins, staff_changes
from cases.departments import Organisation
from cases.errors import Invalid, NotFound
from cases.models import Agent
from cases.permissions import Viewer, ViewerKind
from contactcentre.auth import links, lockout, password_rules, passwords
from contactcentre.db import Database


def by_link(db: Database, *, token: str, password: str, repeated: str, organisation: Organisation) -> str:
    """Set the password of whose link this is, and use the link up; returns the user name.

    Raises ``NotFound`` for a link that is not good, ``Invalid`` for a password that is refused.
    """
    with db.reader() as session:
        found = links.find(session, token, *logins.SETTING)
        agent = _good(found)
    hashed = _hashed(agent, password, repeated, organisation)

    def work(session: Session) -> str:
        row = links.find(session, token, *logins.SETTING, lock=True)
        again = _good(row)
        assert row is not None
        links.use(session, row[0])
        _set(session, Viewer(ViewerKind.AGENT, again.id, again.name), again, hashed)
        logins.end_all(session, again.id)
        lockout.unlock(session, again.username)
        return again.username

    return db.run(lambda uow: work(uow.session))


def checked_own(
    db: Database,
    viewer: Viewer,
    *,
    old: str,
    password: str,
    repeated: str,
    organisation: Organisation,
    network: str,
) -> str:
    """Return what is to be stored of the viewer's new password.

    Raises ``Invalid`` for a wrong old password, counted like a failed log-in, and for a new one that is refused.
    """
    check_own(db, viewer, old, network=network, field="old")
    with db.reader() as session:
        agent = session.get_one(Agent, viewer.id)
    if old == password:
        raise Invalid("Choose another password than before.", field="password")
    return _hashed(agent, password, repeated, organisation)


def set_own(session: Session, viewer: Viewer, *, hashed: str, keep: str) -> None:
    """Store the viewer's new password; their other log-ins end, ``keep`` (a stored hash) goes on."""
    agent = session.get_one(Agent, viewer.id)
    _set(session, viewer, agent, hashed)
    logins.end_all(session, agent.id, but=keep)


def check_own(db: Database, viewer: Viewer, password: str, *, network: str, field: str) -> None:
    """Raise ``Invalid`` unless this is the viewer's password. Guesses are counted with those at the log-in, so that
    whoever sits down at a desk that was left open gets no more of them.
    """
    with db.reader() as session:
        agent = session.get_one(Agent, viewer.id)
    name = agent.username
    counted = db.run(lambda uow: lockout.count(uow.session, username=name, network=network))
    right = passwords.matches(agent.password_hash, password[: password_rules.LONGEST])
    if not right or not counted:
        raise Invalid("This is not your password. After five wrong attempts it rests for 15 minutes.", field=field)
    db.run(lambda uow: lockout.forgive(uow.session, username=name, network=network))


def _good(found: tuple[object, Agent] | None) -> Agent:
    if found is None:
        raise NotFound("This link is not good: it was used, has expired, or a newer one was made.")
    return found[1]


def _hashed(agent: Agent, password: str, repeated: str, organisation: Organisation) -> str:
    names = (organisation.name, organisation.short_name)
    password_rules.check(password, username=agent.username, name=agent.name, organisation=names)
    if password != repeated:
        raise Invalid("The two passwords differ. Type the same one twice.", field="repeated")
    return passwords.hash(password)


def _set(session: Session, viewer: Viewer, agent: Agent, hashed: str) -> None:
    agent.password_hash = hashed
    logins.withdraw(session, agent.id, *logins.SETTING)
    staff_changes.note(session, viewer, agent.id, "password", {})
