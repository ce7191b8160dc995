"""``token``: what machines log in with."""

from __future__ import annotations

import click

from cases.errors import Invalid
from cases.permissions import ANY_DEPARTMENT, Role
from contactcentre.auth import tokens
from contactcentre.cli.call import Call, command
from contactcentre.container import Container

COLUMNS = ("id", "name", "role", "department", "created_at", "last_used_at", "revoked_at")


@click.group("token")
def group() -> None:
    """Bearer tokens for the API."""


@command(group)
@click.option("--name", required=True, help="Whose token it is; history shows it.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--department", default=ANY_DEPARTMENT, show_default="all of them")
def create(call: Call, name: str, role: str, department: str) -> None:
    """Make a token and print it: it cannot be read again."""
    if not name.strip():
        raise Invalid("A token needs a name that says whose it is: --name", field="name")
    check_department(call.container, department)
    token = call.container.db.run(
        lambda uow: tokens.create(uow.session, name=name.strip(), role=role, department=department)
    )
    call.show_json({"token": token}) if call.as_json else click.echo(token)


@command(group, "list")
def listed(call: Call) -> None:
    """List tokens by number, with their roles and when they were used last."""
    with call.container.db.reader() as session:
        rows = tokens.listed(session)
    call.show([{name: getattr(one, name) for name in COLUMNS} for one in rows], COLUMNS)


@command(group)
@click.argument("number", type=int)
def revoke(call: Call, number: int) -> None:
    """End a token; its number is in the list. What it did stays in the history."""
    row = call.container.db.run(lambda uow: tokens.revoke(uow.session, number))
    call.show_json({"id": number, "revoked_at": row.revoked_at}) if call.as_json else click.echo(
        f"token {number} is revoked"
    )


def check_department(container: Container, department: str) -> None:
    """Refuse a department that the active configuration does not have; raises ``Invalid``."""
    known = container.city.departments
    if department != ANY_DEPARTMENT and department not in known:
        raise Invalid(f"There is no department {department!r}; one of {', '.join(known)}.", field="department")
