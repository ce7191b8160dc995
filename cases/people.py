"""The people who work here, for administrators: who there is, with which roles, added, changed and taken out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases import clock, handing_over, logins, staff_changes
from cases.errors import Changed, Invalid, NotAllowed, NotFound
from cases.models import Agent, AgentRole
from cases.permissions import Action, Role, Viewer, ViewerKind, may
from cases.person_fields import Grant, check_grant, check_username, name_of, written

LISTED = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here, or did. ``invited`` means that no password was chosen yet."""

    id: int
    username: str
    name: str
    phone: str | None
    active: bool
    invited: bool
    last_login_at: datetime | None
    grants: tuple[Grant, ...]


def everybody(session: Session, viewer: Viewer, *, search: str = "", page: int = 1) -> Sequence[Person]:
    """Return a page of all people by name, those who do not work here any more last, and one more if there is another
    page. ``search`` is a part of a name or user name.
    """
    check(viewer)
    query = select(Agent).order_by(Agent.active.desc(), func.lower(Agent.name), Agent.id)
    if search:
        query = query.where(or_(*(one.icontains(search, autoescape=True) for one in (Agent.name, Agent.username))))
    agents = session.scalars(query.offset((page - 1) * LISTED).limit(LISTED + 1)).all()
    roles = _roles(session, [one.id for one in agents])
    return [_person(one, roles.get(one.id, ())) for one in agents]


def person(session: Session, viewer: Viewer, agent_id: int) -> Person:
    """Return one of them; raises ``NotFound``."""
    agent = changeable(session, viewer, agent_id)
    return _person(agent, _roles(session, [agent_id]).get(agent_id, ()))


def changeable(session: Session, viewer: Viewer, agent_id: int) -> Agent:
    """Return somebody's row for an administrator; raises ``NotFound``."""
    check(viewer)
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotFound("There is no such person.")
    return agent


def find(session: Session, username: str) -> Agent | None:
    """Return the agent of this user name, whose case does not matter."""
    return session.scalars(select(Agent).where(func.lower(Agent.username) == username.lower())).one_or_none()


def add(
    session: Session,
    viewer: Viewer,
    *,
    username: str,
    name: str,
    grants: Iterable[Grant],
    phone: str | None = None,
    password_hash: str = "",
) -> Agent:
    """Add somebody, without a password unless one is given; raises ``Invalid`` for a user name that is taken."""
    check(viewer)
    check_username(username)
    if find(session, username) is not None:
        raise Invalid(f"There is a user {username!r} already; choose another name.", field="username")
    agent = Agent(username=username, name=name_of(name), password_hash=password_hash, phone=phone)
    agent.created_at = clock.now(session)
    session.add(agent)
    try:
        session.flush()
    except IntegrityError as error:  # somebody else has added that name since it was looked for
        raise Changed("a user name was taken meanwhile") from error
    given = sorted(set(grants))
    session.add_all(AgentRole(agent_id=agent.id, role=role, department=department) for role, department in given)
    staff_changes.note(session, viewer, agent.id, "added", {"username": username, "roles": written(given)})
    return agent


def set_name(session: Session, viewer: Viewer, *, agent_id: int, name: str, phone: str | None) -> None:
    """Set what somebody is called, and their telephone, in E.164 already."""
    agent = changeable(session, viewer, agent_id)
    wanted = name_of(name)
    changed = [key for key, now, then in (("name", wanted, agent.name), ("phone", phone, agent.phone)) if now != then]
    if not changed:
        return
    agent.name, agent.phone = wanted, phone
    if phone is None:
        agent.notify_by = "bell"
    # What it was and is stays out of the trace: a number is their own.
    staff_changes.note(session, viewer, agent_id, "named", {"what": changed})


def set_roles(
    session: Session, viewer: Viewer, *, agent_id: int, grants: Iterable[Grant], departments: Collection[str]
) -> None:
    """Set somebody's roles, which ends their log-ins where anything changed.

    Nobody sets their own: an administrator who shall read cases needs another one's consent.
    """
    changeable(session, viewer, agent_id)
    wanted, before = set(grants), set(_roles(session, [agent_id]).get(agent_id, ()))
    if wanted == before:
        return
    if viewer.kind is ViewerKind.AGENT and viewer.id == agent_id:
        raise NotAllowed("Nobody changes their own roles. Ask another administrator.", field="roles")
    for role, department in sorted(wanted - before):
        check_grant(role, department, departments=departments)
    if _administers(before) and not _administers(wanted):
        _check_not_last(session, agent_id)
    session.execute(delete(AgentRole).where(AgentRole.agent_id == agent_id))
    session.add_all(AgentRole(agent_id=agent_id, role=role, department=where) for role, where in sorted(wanted))
    logins.end_all(session, agent_id)
    values = {"added": written(wanted - before), "removed": written(before - wanted)}
    staff_changes.note(session, viewer, agent_id, "roles", values)


def disable(session: Session, viewer: Viewer, *, agent_id: int) -> int:
    """End somebody's work here: no log-in any more, their open cases back to the queue; returns how many.

    Their name stays in the history. The last administrator cannot be taken out.
    """
    agent = changeable(session, viewer, agent_id)
    if not agent.active:
        return 0
    if viewer.kind is ViewerKind.AGENT and viewer.id == agent_id:
        raise NotAllowed("Nobody takes themselves out. Ask another administrator.", field="active")
    if _administers(_roles(session, [agent_id]).get(agent_id, ())):
        _check_not_last(session, agent_id)
    agent.active = False
    logins.end_all(session, agent_id)
    logins.withdraw(session, agent_id, *logins.SETTING)
    freed = handing_over.release(session, agent_id, at=clock.now(session))
    staff_changes.note(session, viewer, agent_id, "disabled", {"cases": freed})
    return freed


def enable(session: Session, viewer: Viewer, *, agent_id: int) -> None:
    """Let somebody work here again. Their password of before is not good any more: they are invited anew."""
    agent = changeable(session, viewer, agent_id)
    if agent.active:
        return
    agent.active, agent.password_hash = True, ""
    staff_changes.note(session, viewer, agent_id, "enabled", {})


def check(viewer: Viewer) -> None:
    """Raise ``NotAllowed`` for everybody but administrators."""
    if not may(viewer, Action.CONFIGURE):
        raise NotAllowed("Only an administrator keeps the list of people.")


def _check_not_last(session: Session, agent_id: int) -> None:
    # Locked first and read afterwards, so that two cannot take each other out at the same moment. Who was only invited
    # could not let anybody in.
    roles = select(AgentRole.agent_id).where(AgentRole.role == Role.ADMINISTRATOR)
    able = select(Agent.id).where(Agent.active, Agent.password_hash != "", Agent.id.in_(roles))
    session.execute(able.order_by(Agent.id).with_for_update())
    if not any(one != agent_id for one in session.scalars(able)):
        raise Invalid("This is the last administrator. Make another one first.", field="roles")


def _administers(grants: Iterable[Grant]) -> bool:
    return any(role == Role.ADMINISTRATOR for role, _ in grants)


def _person(agent: Agent, grants: Iterable[Grant]) -> Person:
    invited = not agent.password_hash
    about = (agent.phone, agent.active, invited, agent.last_login_at)
    return Person(agent.id, agent.username, agent.name, *about, tuple(sorted(grants)))


def _roles(session: Session, ids: Collection[int]) -> Mapping[int, Sequence[Grant]]:
    query = select(AgentRole.agent_id, AgentRole.role, AgentRole.department).where(AgentRole.agent_id.in_(ids))
    found: dict[int, list[Grant]] = {}
    for one, role, department in session.execute(query.order_by(AgentRole.role, AgentRole.department)):
        found.setdefault(one, []).append((role, department))
    return found
