"""``holidays``: the days on which the offices are closed; proposals for another year, and a notice taken over."""

from __future__ import annotations

import csv
import getpass
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cases import clock
from cases.errors import Invalid
from cases.sla.holidays import Holiday
from config.holidays_file import hours
from contactcentre import holidays
from contactcentre.cli.call import Call, Failed, command
from contactcentre.db import UnitOfWork
from contactcentre.holiday_notice import COLUMNS, Proposal, Reading, read_notice
from contactcentre.holidays import Compared, Differs, Plan

_SHOWN = ("state", "date", "name", "observed", "kept", "doubts")
_KEY = click.option("--holidays", "key", metavar="KEY", help="Which file of holidays (default: the only one).")


@click.group("holidays")
def group() -> None:
    """Public holidays."""


@command(group, "list")
@_KEY
@click.option("--year", type=int, help="Only those of a year.")
def listed(call: Call, key: str | None, year: int | None) -> None:
    """List the holidays that are kept, by date."""
    city = call.container.city
    kept = sorted(city.holidays[holidays.chosen(city, key)], key=lambda one: one.day)
    call.show([_row(one) for one in kept if year in (None, one.day.year)])


@command(group)
@_KEY
@click.option("--country", help="Two letters (default: the organisation's own).")
@click.option("--year", "years", type=click.IntRange(1970, 2200), multiple=True, required=True)
@click.option("--csv", "as_csv", is_flag=True, help="As a table to be corrected, and then imported.")
def seed(call: Call, key: str | None, country: str | None, years: Sequence[int], as_csv: bool) -> None:
    """Propose holidays from a public list, beside what is kept. Nothing is changed: the list is no authority."""
    from contactcentre.holiday_seed import seed as proposed

    city = call.container.city
    found = proposed((country or city.organisation.region).upper(), years)
    if as_csv:
        click.echo(_csv(found), nl=False)
        return
    beside = holidays.compare(city.holidays[holidays.chosen(city, key)], found)
    call.show(_compared(beside)) if call.as_json else call.show(_for_people(beside), _SHOWN)


@command(group, "import")
@_KEY
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--source", help="Where the days come from (default: the file's name).")
@click.option("--apply", "applies", is_flag=True, help="Make it so, as a new version of the configuration.")
@click.option("--reason", default="", help="Why; each case whose deadline moves says it. Needed with --apply.")
def take_in(call: Call, *, key: str | None, file: Path, source: str | None, applies: bool, reason: str) -> None:
    """Read a notice, or a table date,name,observed,source,estimated, and show what it would change."""
    if applies and not reason.strip():
        raise Failed("--apply needs --reason: each case whose deadline moves says it")
    reading = read_notice(_text(file), source=source or f"notice {file.name}")
    container = call.container
    number: int | None = None

    def work(uow: UnitOfWork) -> tuple[list[Compared], Plan | None]:
        nonlocal number
        found, plan = _planned(uow, call, key, reading)
        if applies and plan is not None:
            _refuse_doubtful(reading)
            author = f"command:{getpass.getuser()}"
            number = holidays.save(uow.session, plan, parent=plan.parent, author=author, reason=reason)
        return found, plan

    found, plan = container.db.run(work)
    _show(call, found, reading, plan, number)


def _planned(uow: UnitOfWork, call: Call, key: str | None, reading: Reading) -> tuple[list[Compared], Plan | None]:
    city = call.container.city
    chosen = holidays.chosen(city, key)
    found = holidays.compare(city.holidays[chosen], reading.proposals)
    edits = [one.edit for one in found if one.state is not Differs.SAME]
    if not edits:
        return found, None
    return found, holidays.plan(uow.session, chosen, edits, at=clock.now(uow.session))


def _refuse_doubtful(reading: Reading) -> None:
    """What a text says against itself, or says unreadably, is for a person: on the page, or in a corrected table."""
    doubtful = [doubt for one in reading.proposals for doubt in one.doubts]
    if doubtful or reading.unread:
        said = doubtful or [f"not read: {reading.unread[0]!r}"]
        raise Invalid(f"Not applied, because {said[0]}. Correct the text, or take the days over on the page.")


def _show(call: Call, found: Sequence[Compared], reading: Reading, plan: Plan | None, number: int | None) -> None:
    days = [{"date": one.day, "calendar": one.calendar, "becomes": _becomes(one)} for one in plan.days] if plan else []
    touched = plan.touched if plan else None
    if call.as_json:
        counts = {"live": touched.live, "moved": touched.moved, "more": touched.more} if touched else None
        answer = {"proposals": _compared(found), "unread": list(reading.unread), "days": days, "promises": counts}
        call.show_json({**answer, "version": number})
        return
    call.show(_for_people(found), _SHOWN)
    for text in reading.unread:
        click.echo(f"not read: {text}")
    call.show(days)
    if touched is None:
        click.echo("nothing would change")
        return
    least = "more than " if touched.more else ""
    click.echo(f"{touched.live} running promises go by these days; {least}{touched.moved} deadlines move")
    click.echo(f"version {number} is active" if number else "nothing was changed; add --apply and --reason")


def _becomes(day: holidays.DayChange) -> str:
    return "half a day" if day.half else "closed" if day.closes else "open"


def _compared(found: Iterable[Compared]) -> list[dict[str, Any]]:
    return [
        {
            "state": one.state.value,
            **_row(one.proposal.holiday),
            "kept": _row(one.before) if one.before else None,
            "doubts": list(one.proposal.doubts),
        }
        for one in found
    ]


def _for_people(found: Sequence[Compared]) -> list[dict[str, Any]]:
    rows = zip(_compared(found), found, strict=True)
    return [{**row, "kept": _kept(one), "doubts": "; ".join(row["doubts"])} for row, one in rows]


def _kept(one: Compared) -> str:
    if one.before is None or one.state is Differs.SAME:
        return ""
    before = one.before
    instead = f", observed {before.observed}" if before.observed else ""
    return f"{before.day}{instead}{' (estimated)' if before.estimated else ''}"


def _row(one: Holiday) -> Mapping[str, Any]:
    return {
        "date": one.day,
        "name": one.name,
        "observed": one.observed,
        "hours": hours(one.hours) or None,
        "estimated": one.estimated,
        "source": one.source,
    }


def _csv(found: Iterable[Proposal]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in (each.holiday for each in found):
        writer.writerow([one.day, one.name, one.observed or "", one.source, "yes" if one.estimated else ""])
    return text.getvalue()


def _text(file: Path) -> str:
    with click.open_file(str(file), "rb") as stream:
        data: bytes = stream.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failed(f"{file}: is not UTF-8 text; save the notice as plain text") from None
