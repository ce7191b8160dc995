"""``python -m contactcentre.cli``: finds the command, and turns every failure into one line and exit code 1."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

#: command → where it stands, imported when it is asked for: a version needs no database driver
COMMANDS = {
    "accounts": "accounts:group",
    "board": "board:group",
    "clinic": "clinic:clinic",
    "config": "configuration:group",
    "demo": "demo:group",
    "doctor": "doctor:doctor",
    "figures": "figures:figures",
    "holidays": "holidays:group",
    "ledger": "ledger:ledger",
    "menus": "menus:group",
    "outbox": "outbox:group",
    "places": "places:group",
    "raw": "raw:group",
    "reconcile": "reconcile:reconcile",
    "release": "release:release",
    "route": "routing:group",
    "sla": "sla:group",
    "token": "token:group",
    "users": "users:group",
    "verify": "verify:verify",
    "version": "version:version",
}


class Commands(click.Group):
    """The commands by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, for help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(importlib.import_module(f"contactcentre.cli.{module}"), name)
        return found


@click.group(cls=Commands, name="contactcentre")
@click.option("--data", metavar="DIR", help="The running product's data folder (default: var).")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def root(data: str | None, as_json: bool) -> None:
    """Run and look after a contact centre."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        code = root.main(arguments, prog_name="contactcentre", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as help_asked:
        click.echo(help_asked.format_message(), err=True)
        return 1
    except click.ClickException as error:
        return _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted")
    except Exception as error:
        words = explain(error)
        if words is None:
            raise
        return _fail(words)
    return code if isinstance(code, int) else 0


def explain(error: Exception) -> str | None:
    """Return an expected failure in one line; None for a mistake of ours, whose traceback is wanted."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from cases.errors import DomainError
    from config.settings import SettingsError
    from contactcentre.db import Unavailable

    if isinstance(error, Unavailable | OperationalError):
        return "the database cannot be reached: is the product running on this data folder, or DATABASE_URL right?"
    if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) == "42P01":
        return "the database has no tables yet: run the release step (contactcentre release)"
    if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) == "42501":
        return "the database's role may not do this: set DATABASE_MIGRATION_URL to the address of the tables' owner"
    if isinstance(error, DomainError | SettingsError | OSError):
        return str(error)
    if isinstance(error, LookupError) and error.args and not isinstance(error, KeyError | IndexError):
        return str(error.args[0])
    return None


def _fail(words: str) -> int:
    click.echo(f"contactcentre: {' '.join(words.split())}", err=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
