"""``version``."""

from __future__ import annotations

import configparser
from importlib import metadata
from pathlib import Path

import click

from contactcentre.cli.call import Call, with_call

NAME = "contactcentre"


@click.command()
@with_call
def version(call: Call) -> None:
    """Print this release's number."""
    call.show_json({"version": number()}) if call.as_json else click.echo(number())


def number() -> str:
    """Return the release's number, also where the product runs from its folder without being installed."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(Path(__file__).parents[2] / "setup.cfg", encoding="utf-8")
        return parser.get("metadata", "version", fallback="unknown")
