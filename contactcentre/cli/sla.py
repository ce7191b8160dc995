"""``sla``: what a case was promised and how it came about, and what other policies would make of running promises."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from cases import clock, references
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.models import Case, Timer
from cases.queries.case import running
from cases.sla import explaining, recalculating, whatif
from cases.sla.explaining import Running
from cases.sla.policy import choose
from cases.sla.timers import state_at
from config import loader
from contactcentre.cli.call import Call, command
from contactcentre.cli.configuration import FOLDER, refuse_faults


@click.group("sla")
def group() -> None:
    """Promises and their timers."""


@command(group, "explain")
@click.argument("reference")
def explain_sla(call: Call, reference: str) -> None:
    """Show a case's timers: the target as it was promised, when it is due, and how it stands."""
    digits = references.parse(reference)
    if digits is None:
        raise Invalid(f"{reference!r} is not a reference; they look like 4821-7736", field="reference")
    city = call.container.city
    with call.container.db.reader() as session:
        case = session.scalars(select(Case).where(Case.reference == digits)).one_or_none()
        if case is None:
            raise NotFound(f"There is no case {references.written(digits)}.")
        query = select(Timer).where(Timer.case_id == case.id).order_by(Timer.started_at, Timer.id)
        timers, now = session.scalars(query).all(), clock.now(session)
        values = running(session, timers)
        rows = [_timer(timer, values[timer.id], city, now=now) for timer in timers]
    policy = choose(city.policies, department=case.department, service=case.service, priority=case.priority)
    if call.as_json:
        chosen = policy.key if policy else None
        call.show_json({"reference": case.reference, "policy": chosen, "timers": rows})
        return
    place = f"{city.department_name(case.department)}, {case.service or 'no service'}, priority {case.priority}"
    click.echo(f"{references.written(case.reference)}: {case.status}; {place}")
    ranked = f", rank {policy.rank}" if policy and policy.rank else ""
    click.echo(f"policy that fits it now: {policy.key if policy else 'none'}{ranked}")
    for row in rows:
        click.echo(_sentence(row, ZoneInfo(city.organisation.timezone)))
        for line in row["explanation"]:
            click.echo(f"    {line}")
    if not rows:
        click.echo("nothing was promised")


@command(group, "preview")
@click.argument("folder", type=FOLDER)
def preview(call: Call, folder: Path) -> None:
    """Show what running promises would be under the policies of a configuration folder. Nothing is changed.

    What was promised stays promised; only a calendar that changes moves deadlines.
    """
    refuse_faults(folder)
    city, before = loader.draft(loader.read(folder)), call.container.city
    with call.container.db.reader() as session:
        at = clock.now(session)
        found = whatif.preview(session, city, at=at)
        moved = recalculating.count(session, before.calendars, city.calendars, at=at)
    rows = [{**asdict(one), "department": before.department_name(one.department)} for one in found.effects]
    if call.as_json:
        call.show_json({"effects": rows, "more": found.more, "calendars": asdict(moved)})
        return
    call.show(rows)
    if found.more:
        click.echo(f"only the first {whatif.MOST} promises were reckoned")
    least = "at least " if moved.more else ""
    click.echo(f"calendars that change: {moved.live} running promises go by them, {least}{moved.moved} would move")


def _timer(timer: Timer, values: Running, city: City, *, now: datetime) -> dict[str, Any]:
    calendar = city.calendars.get(str(timer.policy.get("calendar")))
    return {
        "kind": timer.kind,
        "instance": timer.instance,
        "state": state_at(timer, now=now),
        **{key: timer.policy.get(key) for key in ("policy", "version", "amount", "unit", "calendar")},
        "started_at": timer.started_at,
        "due_at": timer.due_at,
        "met_at": timer.met_at,
        "breached_at": timer.breached_at,
        "ended_at": timer.ended_at,
        "left": explaining.left(values, calendar, now=now) if timer.ended_at is None else "",
        "explanation": list(explaining.lines(values, calendar, now=now)),
    }


def _sentence(row: dict[str, Any], zone: ZoneInfo) -> str:
    def at(moment: datetime | None) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""

    marks = [f"{word} {at(row[key])}" for word, key in _MARKS if row[key]]
    left = f" ({row['left']})" if row["left"] else ""
    return f"{row['kind']}: {row['state']}{left}; {', '.join(marks)}"


_MARKS = (
    ("started", "started_at"),
    ("due", "due_at"),
    ("breached", "breached_at"),
    ("met", "met_at"),
    ("ended", "ended_at"),
)
