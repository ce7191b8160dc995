"""``users``: the agents' log-ins, for the first of them and for emergencies."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import people, person_fields
from cases.errors import NotFound
from cases.models import Agent, AgentRole
from cases.permissions import ANY_DEPARTMENT, SYSTEM, Role
from contactcentre import invitations, people_file, people_import
from contactcentre.auth import lockout, passwords
from contactcentre.cli.call import Call, Failed, command
from contactcentre.cli.token import check_department
from contactcentre.people_import import Kind, Offer

PASSWORD_BYTES = 12


@click.group("users")
def group() -> None:
    """Agents and their log-ins."""


@command(group)
@click.argument("username")
@click.option("--name", help="As colleagues and history show it (default: the user name).")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--department", "departments", multiple=True, help="Where the roles hold (default: everywhere).")
@click.option("--invite", is_flag=True, help="Print a link by which they choose a password, instead of a password.")
def add(
    call: Call, *, username: str, name: str | None, roles: tuple[str, ...], departments: tuple[str, ...], invite: bool
) -> None:
    """Add an agent and print a password made for them: it cannot be read again."""
    person_fields.check_username(username)
    where = departments or (ANY_DEPARTMENT,)
    for department in where:
        check_department(call.container, department)
    password = "" if invite else secrets.token_urlsafe(PASSWORD_BYTES)
    grants = [(role, department) for role in roles for department in where]
    hashed = passwords.hash(password) if password else ""

    def work(session: Session) -> str:
        values = {"username": username, "name": name or username, "grants": grants, "password_hash": hashed}
        agent = people.add(session, SYSTEM, **values)  # type: ignore[arg-type]
        return _link(call, session, agent.id) if invite else password

    secret = call.container.db.run(lambda uow: work(uow.session))
    key = "link" if invite else "password"
    call.show_json({"username": username, key: secret}) if call.as_json else click.echo(secret)


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

    Their name stays in the history. The last administrator cannot be taken out.
    """
    call.container.db.run(lambda uow: end(uow.session, username))
    call.show_json({"username": username, "active": False}) if call.as_json else click.echo(f"{username} is disabled")


@command(group)
@click.argument("username")
def reset(call: Call, username: str) -> None:
    """Print a link by which somebody chooses a new password; their failed log-ins are forgotten."""
    link = call.container.db.run(lambda uow: _link(call, uow.session, _known(uow.session, username).id))
    call.show_json({"username": username, "link": link}) if call.as_json else click.echo(link)


@command(group)
@click.argument("username")
def unlock(call: Call, username: str) -> None:
    """Let somebody log in again whom failed attempts have locked out."""
    call.container.db.run(lambda uow: lockout.unlock(uow.session, _known(uow.session, username).username))
    call.show_json({"username": username, "locked": False}) if call.as_json else click.echo(f"{username} may try again")


@command(group, "import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--make", is_flag=True, help="Make it, and print the invitations as CSV: they cannot be read again.")
@click.option("--update", multiple=True, metavar="USERNAME", help="Change this person, who is here already.")
@click.option("--update-all", is_flag=True, help="Change everybody of the file who is here already.")
def import_file(call: Call, file: Path, make: bool, update: tuple[str, ...], update_all: bool) -> None:
    """Look at a CSV file of people: every fault, and what it would make and change. ``--make`` does it."""
    site = call.container
    reading = people_file.read(people_file.decode(file.read_bytes()), site.city)
    if reading.faults:
        raise Failed("\n".join(f"{file.name}:{one.line}: {one.column or 'line'}: {one.what}" for one in reading.faults))

    def work(session: Session) -> tuple[str, list[Offer]]:
        offers = list(people_import.plan(session, SYSTEM, reading.rows))
        if not make:
            return "", offers
        ticked = {one.row.username for one in offers if update_all or one.row.username in update}
        done = people_import.make(session, SYSTEM, site, rows=reading.rows, ticked=ticked, by_sms=False)
        return people_import.take_links(session, SYSTEM, site, import_id=done.id), offers

    links, offers = site.db.run(lambda uow: work(uow.session))
    if make:
        call.show_json({"links": links}) if call.as_json else click.echo(links, nl=False)
    else:
        call.show([_offered(one) for one in offers])


def end(session: Session, username: str) -> None:
    """Make an agent inactive, revoke their sessions, free their open cases; raises ``NotFound``."""
    people.disable(session, SYSTEM, agent_id=_known(session, username).id)


def _known(session: Session, username: str) -> Agent:
    agent = people.find(session, username)
    if agent is None:
        raise NotFound(f"There is no user {username!r}; see: users list")
    return agent


def _link(call: Call, session: Session, agent_id: int) -> str:
    return invitations.make(session, SYSTEM, call.container, agent_id=agent_id, by_sms=False).address


def _offered(one: Offer) -> dict[str, str]:
    changes = "; ".join(f"{column}: {now or '-'} -> {then or '-'}" for column, now, then in one.differences)
    what = {Kind.NEW: ", ".join(person_fields.written(one.row.grants)), Kind.LEFT: one.why}.get(one.kind, changes)
    return {"line": str(one.row.line), "username": one.row.username, "becomes": one.kind.value, "what": what}


def _words(roles: list[dict[str, str]]) -> str:
    return ", ".join(f"{one['role']}@{one['department']}" for one in roles)
