"""``menus``: the dialogues, walked before anybody dials them."""

from __future__ import annotations

from pathlib import Path

import click

from channels.dialogue import lint
from config import loader, menus
from contactcentre.cli.call import Call, Failed, command
from contactcentre.cli.configuration import FOLDER, refuse_faults, shipped


@click.group("menus")
def group() -> None:
    """Menus of dialogues."""


@command(group, "lint")
@click.argument("folder", type=FOLDER, required=False)
def walk(call: Call, folder: Path | None) -> None:
    """Walk every path of every menu in every language, and say how long its longest page is, shown and spoken."""
    where = folder or shipped(call)
    refuse_faults(where)
    loaded = loader.draft_with_menus(loader.read(where))
    walked = [one for menu in loaded.menus.values() for one in lint.walk(menu)]
    for account in loaded.accounts:
        if getattr(account, "menu", None) in loaded.menus:
            walked += menus.walked_for(loaded.menus[getattr(account, "menu", "")], account)
    call.show(
        [
            {
                "menu": one.menu,
                "language": one.language,
                "steps": one.steps,
                "paths": one.paths,
                "longest": one.longest,
                "longest_spoken": one.longest_spoken,
            }
            for one in walked
        ]
    )
    if not walked:
        raise Failed(f"{where}: there is no menu; write menus/<name>.toml")
