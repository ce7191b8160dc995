"""``users``: the agents' log-ins, for the first of them and for emergencies."""

from __future__ import annotations

import re
import secrets

import click
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cases import clock, handing_over
from cases.errors import Invalid, NotFound
from cases.models import Agent, AgentRole, AgentSession
from cases.permissions import ANY_DEPARTMENT, Role
from contactcentre.auth import passwords
from contactcentre.cli.call import Call, command
from contactcentre.cli.token import check_department

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
PASSWORD_BYTES = 12


@click.group("users")
def group() -> None:
    """Agents and their log-ins."""


@command(group)
@click.argument("username")
@click.option("--name", help="As colleagues and history show it (default: the user name).")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--department", "departments", multiple=True, help="Where the roles hold (default: everywhere).")
def add(call: Call, username: str, name: str | None, roles: tuple[str, ...], departments: tuple[str, ...]) -> None:
    """Add an agent and print a password made for them: it cannot be read again."""
    if not _USERNAME.fullmatch(username):
        raise Invalid("A user name has small letters, digits, dots and dashes only, such as a.mensah", field="username")
    where = departments or (ANY_DEPARTMENT,)
    for department in where:
        check_department(call.container, department)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    grants = [(role, department) for role in dict.fromkeys(roles) for department in dict.fromkeys(where)]
    hashed = passwords.hash(password)
    call.container.db.run(
        lambda uow: store(uow.session, username, name=name or username, password_hash=hashed, grants=grants)
    )
    call.show_json({"username": username, "password": password}) if call.as_json else click.echo(password)


@command(group, "list")
def listed(call: Call) -> None:
    """List agents with their roles."""
    with call.container.db.reader() as session:
        agents = session.scalars(select(Agent).order_by(Agent.username)).all()
        roles: dict[int, list[dict[str, str]]] = {}
        for row in session.scalars(select(AgentRole).order_by(AgentRole.role, AgentRole.department)):
            roles.setdefault(row.agent_id, []).append({"role": row.role, "department": row.department})
    rows = [
        {
            "username": agent.username,
            "name": agent.name,
            "active": agent.active,
            "demo": agent.demo,
            "roles": roles.get(agent.id, []),
            "last_login_at": agent.last_login_at,
        }
        for agent in agents
    ]
    if not call.as_json:
        words = [{**row, "roles": _words(roles.get(agent.id, []))} for row, agent in zip(rows, agents, strict=True)]
        call.show(words)
        return
    call.show(rows)


@command(group)
@click.argument("username")
def disable(call: Call, username: str) -> None:
    """End an agent's log-in and every session of theirs; their open cases go back to the queue.

    Their name stays in the history.
    """
    call.container.db.run(lambda uow: end(uow.session, username))
    call.show_json({"username": username, "active": False}) if call.as_json else click.echo(f"{username} is disabled")


def store(session: Session, username: str, *, name: str, password_hash: str, grants: list[tuple[str, str]]) -> Agent:
    """Store a new agent; raises ``Invalid`` for a user name that is taken, by an inactive agent too."""
    if find(session, username) is not None:
        raise Invalid(f"There is a user {username!r} already; choose another name.", field="username")
    agent = Agent(username=username, name=name, password_hash=password_hash, created_at=clock.now(session))
    session.add(agent)
    session.flush()
    session.add_all(AgentRole(agent_id=agent.id, role=role, department=department) for role, department in grants)
    return agent


def end(session: Session, username: str) -> None:
    """Make an agent inactive, revoke their sessions, free their open cases; raises ``NotFound``."""
    agent = find(session, username)
    if agent is None:
        raise NotFound(f"There is no user {username!r}; see: users list")
    agent.active = False
    session.execute(
        update(AgentSession)
        .where(AgentSession.agent_id == agent.id, AgentSession.revoked_at.is_(None))
        .values(revoked_at=clock.now(session))
    )
    handing_over.release(session, agent.id, at=clock.now(session))


def find(session: Session, username: str) -> Agent | None:
    """Return the agent of this user name, whose case does not matter."""
    return session.scalars(select(Agent).where(func.lower(Agent.username) == username.lower())).one_or_none()


def _words(roles: list[dict[str, str]]) -> str:
    return ", ".join(f"{one['role']}@{one['department']}" for one in roles)
