"""``route``: why a message goes where it goes, rule by rule; and where people sent what rules had sent elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from cases import clock
from cases.departments import Account, City
from cases.errors import Invalid
from cases.permissions import SYSTEM
from cases.queries import transfers
from cases.queries.transfers import Sending
from cases.routing.facts import CITIZEN_KINDS, PERSON, Facts
from contactcentre import routing_told as told
from contactcentre.cli.call import Call, command


@click.group("route")
def group() -> None:
    """Routing."""


@command(group, "explain")
@click.option("--channel", required=True, help="The channel it comes by, such as sms.")
@click.option("--account", help="The account it comes to (default: each of the channel).")
@click.option("--language", help="The language that the citizen has chosen.")
@click.option("--citizen", type=click.Choice(CITIZEN_KINDS), default=PERSON, show_default=True, help="Who writes.")
@click.argument("text")
def explain(call: Call, *, channel: str, account: str | None, language: str | None, citizen: str, text: str) -> None:
    """Say where a message with this text would go, what was found in it, and every rule tried. Nothing is stored."""
    city = call.container.city
    with call.container.db.reader() as session:
        at = clock.now(session)
    facts = [
        Facts(one.channel, one.id, text, language, at=at, citizen=citizen) for one in _accounts(city, channel, account)
    ]
    rows = [told.decided(city, one) for one in facts]
    if call.as_json:
        call.show_json(rows)
        return
    for line in told.found(city, facts[0]):
        click.echo(line)
    for row in rows:
        for line in _lines(row):
            click.echo(line)


@command(group, "suggestions")
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Transfers of so many days.")
def suggestions(call: Call, days: int) -> None:
    """Count what was transferred by the rule and the words that had sent it elsewhere, the newest first.

    It shows where the configuration could learn. No citizen's words and no agent's reason are in it.
    """
    with call.container.db.reader() as session:
        found = transfers.sendings(session, SYSTEM, since=clock.now(session) - timedelta(days=days))
    if call.as_json:
        call.show_json([_sending(one) for one in found])
        return
    if not found:
        click.echo(f"nothing was transferred in the last {days} days")
    call.show([_shown(one) for one in found])


def _sending(one: Sending) -> dict[str, Any]:
    return {
        "from": one.before,
        "to": one.after,
        "rule": one.rule,
        "words": list(one.words),
        "by_person": one.by_person,
        "count": one.count,
        "first": one.first,
        "last": one.last,
    }


def _shown(one: Sending) -> dict[str, Any]:
    """Return a row of the table, in which nothing is empty."""
    nobody = "(a person)" if one.by_person else "(none matched)"
    return {
        "count": one.count,
        "from": one.before or "(tray)",
        "to": one.after,
        "rule": one.rule or nobody,
        "words": ", ".join(one.words),
        "last": one.last,
    }


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


def _lines(row: dict[str, Any]) -> list[str]:
    if row["command"]:
        return [f"{row['account']}: a command ({row['command']}); it is answered and opens no case"]
    service = f", service {row['service']}" if row["service"] else ""
    rule = f" [rule {row['rule']}]" if row["rule"] else ""
    lines = [f"{row['account']}: {row['department_name']}{service}, because {row['reason']}{rule}"]
    if row["suggestions"]:
        lines.append(f"    it could also be for {' or '.join(row['suggestions'])}")
    mark = {True: "holds", False: "does not hold"}
    return [
        *lines,
        *(f"    {one['order']:>3} {one['rule']}: {mark[one['held']]}; {one['why']}" for one in row["tried"]),
    ]
