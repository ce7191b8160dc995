"""What every command shares: its options, its container, and how it shows an answer."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from config import settings as settings_module
from config.settings import Settings

if TYPE_CHECKING:
    from contactcentre.container import Container

Run = Callable[..., None]


class Failed(click.ClickException):
    """The command did not do what was asked; the message says what to do about it."""


@dataclass
class Call:
    """One call of a command: where the installation is, and whether a machine reads the answer."""

    data: str | None
    as_json: bool

    @cached_property
    def settings(self) -> Settings:
        """The installation's settings; raises :class:`Failed` where nothing says which database is meant."""
        found = settings_module.load(self.data)
        if not found.database_url:
            raise Failed(
                f"nothing runs on the data folder {found.data}: start bin/serve, name its folder with --data, "
                "or set DATABASE_URL"
            )
        return found

    @cached_property
    def container(self) -> Container:
        """The wiring, made on first use."""
        from contactcentre import logs
        from contactcentre.container import Container

        logs.configure(self.settings, process="command", to_stderr=True)
        return Container(self.settings)

    def show(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
        """Print rows: JSON for machines; aligned columns, empty for None, for people."""
        if self.as_json:
            self.show_json(list(rows))
            return
        names = list(columns or (rows[0] if rows else ()))
        table = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
        widths = [max(len(line[i]) for line in table) for i in range(len(names))]
        for line in table if rows else ():
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def show_json(self, value: Any) -> None:
        """Print one JSON value."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_json))

    def close(self) -> None:
        """Give back what was opened."""
        if "container" in self.__dict__:
            self.container.close()


def command(group: click.Group, name: str | None = None) -> Callable[[Run], click.Command]:
    """Add a function to ``group`` as a command with ``--data`` and ``--json``; it gets a :class:`Call` first."""

    def add(function: Run) -> click.Command:
        return group.command(name)(with_call(function))

    return add


def with_call(function: Run) -> Run:
    """Give a function the shared options, and a :class:`Call` in their place."""

    @click.option("--data", metavar="DIR", help="The running product's data folder (default: var).")
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    @click.pass_context
    @functools.wraps(function)
    def run(context: click.Context, /, data: str | None, as_json: bool, **values: Any) -> None:
        above = context.find_root().params
        call = Call(data or above.get("data"), as_json or bool(above.get("as_json")))
        try:
            function(call, **values)
        finally:
            call.close()

    return run


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=_json)
    return str(value)


def _json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
