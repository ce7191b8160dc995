"""``figures``: what was counted of a period, with what each figure means."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

import click

from cases.figures.definitions import DEFINITIONS
from cases.permissions import SYSTEM
from cases.queries import figures as queries
from contactcentre import figures_table
from contactcentre.cli.call import Call, with_call

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "since", type=_DAY, help="The first day (default: thirty days in all).")
@click.option("--to", "until", type=_DAY, help="The last day, included (default: today).")
@click.option("--department", help="One department's alone, by its key (default: all together).")
@with_call
def figures(call: Call, since: datetime | None, until: datetime | None, department: str | None) -> None:
    """Show the figures of a period, confidential cases included; in JSON each with its definition."""
    city = call.container.city
    with call.container.db.reader() as session:
        found = queries.of_period(
            session, SYSTEM, city=city, since=_date(since), until=_date(until), department=department
        )
    if call.as_json:
        definitions = {key: asdict(one) for key, one in DEFINITIONS.items()}
        promises = [{**asdict(one), "attainment": one.share} for one in found.attainment]
        rates = {"reopen_rate": found.reopen_rate, "attainment": promises}
        call.show_json({**asdict(found), **rates, "definitions": definitions})
        return
    click.echo(f"{found.since} to {found.until}")
    call.show([row._asdict() for row in figures_table.rows(found, city)])


def _date(given: datetime | None) -> date | None:
    return given.date() if given else None
