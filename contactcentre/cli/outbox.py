"""``outbox``: what is leaving, or did not."""

from __future__ import annotations

from dataclasses import asdict

import click

from cases.permissions import SYSTEM
from cases.queries import outbox as queries
from contactcentre.cli.call import Call, command

STATES = ("queued", "sending", "sent", "failed", "unknown", "expired", "held")
SHOWN = ("id", "account", "recipient", "message_class", "state", "attempts", "created_at", "error")


@click.group("outbox")
def group() -> None:
    """Messages on their way out."""


@command(group, "list")
@click.option("--state", type=click.Choice(STATES))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def listed(call: Call, state: str | None, limit: int) -> None:
    """List messages, newest first, without their words."""
    rows: list[queries.OutboxRow] = []
    cursor: str | None = None
    with call.container.db.reader() as session:
        while len(rows) < limit:
            size = min(limit - len(rows), 200)
            page = queries.page(session, SYSTEM, state=state, cursor=cursor, limit=size)
            rows += page.items
            cursor = page.next
            if cursor is None:
                break
    call.show([asdict(row) for row in rows], None if call.as_json else SHOWN)
