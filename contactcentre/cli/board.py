"""``board``: whether the board's numbers are those of its cases, and making them so."""

from __future__ import annotations

from dataclasses import asdict

import click

from contactcentre import board as boards
from contactcentre.cli.call import Call, Failed, command


@click.group("board")
def group() -> None:
    """The board's numbers."""


@command(group, "recount")
@click.option("--mend", is_flag=True, help="Count anew what differs; without it nothing is changed.")
def recount(call: Call, *, mend: bool) -> None:
    """Count the board again from all cases; exit code 1 where a number differs and was not mended."""
    cases, number, found = boards.recount(call.container, mend=mend)
    if call.as_json:
        call.show_json({"cases": cases, "differences": number, "first": [asdict(one) for one in found]})
    else:
        call.show([asdict(one) for one in found])
        click.echo(f"{cases} cases; {number} differences{', mended' if mend and number else ''}")
    if number and not mend:
        raise Failed(f"{number} numbers of the board are not those of its cases: run it with --mend")
