"""``accounts``: the configured ends of all channels, and the addresses that gateways call."""

from __future__ import annotations

from typing import Any

import click

from contactcentre.accounts import hooks
from contactcentre.cli.call import Call, command
from contactcentre.container import Container


@click.group("accounts")
def group() -> None:
    """The configured accounts of all channels."""


@command(group, "list")
def listed(call: Call) -> None:
    """List accounts and the callback addresses to enter at their gateways."""
    rows = described(call.container)
    if call.as_json:
        call.show(rows)
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['channel']} by {row['gateway']}, {row['address']}")
        for event, url in row["hooks"].items():
            click.echo(f"  {event}: {url}")


def described(container: Container) -> list[dict[str, Any]]:
    """Return every account with its callbacks; raises ``LookupError`` for a hook secret that cannot be read."""
    return [
        {
            "id": block.id,
            "channel": block.channel,
            "gateway": block.gateway,
            "address": block.address,
            "hooks": hooks(container, block.id),
        }
        for block in container.account_settings.values()
    ]
