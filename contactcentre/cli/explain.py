"""``route explain``: why a message goes where it goes."""

from __future__ import annotations

from typing import Any

import click

from cases import commands
from cases.departments import Account, City
from cases.errors import Invalid
from cases.routing import rules
from cases.routing.facts import Facts
from contactcentre.cli.call import Call, command


@click.group("route")
def route() -> None:
    """Routing."""


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
