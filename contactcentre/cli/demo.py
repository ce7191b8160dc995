"""``demo``: the invented week."""

from __future__ import annotations

import click

from contactcentre import demo
from contactcentre.cli.call import Call, Failed, command
from contactcentre.container import Container


@click.group("demo")
def group() -> None:
    """The demo city's invented cases and agents."""


@command(group)
def load(call: Call) -> None:
    """Load the demo into a database without cases, and print its log-ins."""
    refuse_in_production(call.container)
    count = demo.load(call.container)
    if call.as_json:
        call.show_json({"cases": count, "logins": login_rows(call.container)})
        return
    click.echo(f"{count} cases were made" if count else "there are cases already, or no demo is configured")
    call.show(login_rows(call.container))


@command(group)
@click.option("--yes", is_flag=True, help="Do not ask.")
def clear(call: Call, yes: bool) -> None:
    """Remove every case, citizen, message and demo agent; refused once real agents were added."""
    if not yes:
        click.confirm("Remove every case, citizen and message of this installation?", abort=True, err=True)
    demo.clear(call.container)
    call.show_json({"cleared": True}) if call.as_json else click.echo("the demo was removed")


def login_rows(container: Container) -> list[dict[str, str]]:
    """Return the demo's log-ins as rows."""
    return [
        {"username": one.username, "password": one.password, "name": one.name, "roles": one.roles}
        for one in demo.logins(container)
    ]


def refuse_in_production(container: Container) -> None:
    """Keep invented people out of a real installation; raises :class:`Failed`."""
    if container.settings.production:
        raise Failed("the demo is not for production (CONTACTCENTRE_ENV=production)")
