"""``route explain`` and ``sla explain``: why a message goes where it goes, and what a case was promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from cases import clock, commands, references
from cases.departments import Account, City
from cases.errors import Invalid, NotFound
from cases.models import Case, Timer
from cases.queries.case import running
from cases.routing import rules
from cases.routing.facts import Facts
from cases.sla import explaining
from cases.sla.explaining import Running
from cases.sla.policy import choose
from cases.sla.timers import state_at
from contactcentre.cli.call import Call, command


@click.group("route")
def route() -> None:
    """Routing."""


@click.group("sla")
def sla() -> None:
    """Promises and their timers."""


@command(route, "explain")
@click.option("--channel", required=True, help="The channel it comes by, such as sms.")
@click.option("--account", help="The account it comes to (default: each of the channel).")
@click.argument("text")
def explain_route(call: Call, channel: str, account: str | None, text: str) -> None:
    """Say where a message with this text would go, and by which rule. Nothing is stored."""
    city = call.container.city
    rows = [_decided(city, one, text) for one in _accounts(city, channel, account)]
    if call.as_json:
        call.show(rows)
        return
    for row in rows:
        if row["command"]:
            click.echo(f"{row['account']}: a command ({row['command']}); it is answered and opens no case")
        else:
            service = f", service {row['service']}" if row["service"] else ""
            rule = f" [rule {row['rule']}]" if row["rule"] else ""
            click.echo(f"{row['account']}: {row['department_name']}{service}, because {row['reason']}{rule}")


@command(sla, "explain")
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
    click.echo(f"policy that fits it now: {policy.key if policy else 'none'}")
    for row in rows:
        click.echo(_sentence(row, ZoneInfo(city.organisation.timezone)))
        for line in row["explanation"]:
            click.echo(f"    {line}")
    if not rows:
        click.echo("nothing was promised")


def _accounts(city: City, channel: str, account: str | None) -> list[Account]:
    of_channel = [one for one in city.accounts.values() if one.channel == channel]
    if not of_channel:
        known = ", ".join(sorted({one.channel for one in city.accounts.values()}))
        raise Invalid(f"No account has the channel {channel!r}; one of {known}.", field="channel")
    found = [one for one in of_channel if account in (None, one.id)]
    if not found:
        known = ", ".join(one.id for one in of_channel)
        raise Invalid(f"There is no {channel} account {account!r}; one of {known}.", field="account")
    return found


def _decided(city: City, account: Account, text: str) -> dict[str, Any]:
    decision = rules.route(Facts(account.channel, account.id, text), city.rules)
    asked = commands.parse(text, city.keywords)
    return {
        "account": account.id,
        "command": type(asked).__name__ if asked is not None else None,
        "department": decision.department,
        "department_name": city.department_name(decision.department),
        "service": decision.service,
        "rule": decision.rule,
        "reason": decision.reason,
    }


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
