"""``config``: the city's configuration as a folder of TOML files, and as numbered versions in the database."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from config import loader
from contactcentre import configurations
from contactcentre.cli.call import Call, Failed, command

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("config")
def group() -> None:
    """The city's configuration."""


@command(group)
@click.argument("folder", type=FOLDER, required=False)
def check(call: Call, folder: Path | None) -> None:
    """Check a configuration folder and name every fault; nothing is changed and no database is needed."""
    where = folder or shipped(call)
    found = loader.faults(loader.read(where))
    if call.as_json:
        call.show_json({"folder": str(where), "faults": found})
    else:
        for fault in found:
            click.echo(fault)
        if not found:
            click.echo(f"{where}: no faults")
    if found:
        raise Failed(f"{where}: {len(found)} faults")


@command(group)
@click.argument("folder", type=FOLDER, required=False)
@click.option("--reason", default="applied from the command line", show_default=True, help="Kept with the version.")
def apply(call: Call, folder: Path | None, reason: str) -> None:
    """Make a folder's content the active configuration; running processes follow within ten seconds."""
    where = folder or call.settings.config_dir
    refuse_faults(where)
    author = f"command:{getpass.getuser()}"
    call.container.db.run(lambda uow: configurations.apply(uow.session, folder=where, author=author, reason=reason))
    number = call.container.city.version
    call.show_json({"version": number}) if call.as_json else click.echo(f"version {number} is active")


@command(group)
@click.argument("folder", type=FOLDER)
def export(call: Call, folder: Path) -> None:
    """Write the active configuration into an empty or new folder."""
    if folder.exists() and any(folder.iterdir()):
        raise Failed(f"{folder}: is not empty; name a new folder")
    with call.container.db.reader() as session:
        configurations.export(session, folder=folder)
    call.show_json({"folder": str(folder)}) if call.as_json else click.echo(str(folder))


@command(group)
@click.argument("folder", type=FOLDER, required=False)
def diff(call: Call, folder: Path | None) -> None:
    """Show what applying a folder would change in the active configuration."""
    where = folder or call.settings.config_dir
    with call.container.db.reader() as session:
        active = configurations.active(session)
    if active is None:
        raise Failed("no configuration is active yet; run: contactcentre release")
    text = loader.diff(active.raw, loader.read(where))
    call.show_json({"differs": bool(text), "diff": text}) if call.as_json else click.echo(text, nl=False)


def refuse_faults(folder: Path) -> None:
    """Name every fault of a folder on standard error; raises :class:`Failed` where there is one."""
    found = loader.faults(loader.read(folder))
    for fault in found:
        click.echo(fault, err=True)
    if found:
        raise Failed(f"{folder}: {len(found)} faults; nothing was changed")


def shipped(call: Call) -> Path:
    """Return the folder that this installation's configuration comes from; no database is needed to know it."""
    from config import settings

    return settings.load(call.data).config_dir
