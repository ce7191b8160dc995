"""Channels that do what a test says, in the place of a worker's own, and what their messages cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from cases.messages import OutboundMessage, Receipt
from cases.models import OutboxTally
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.leaving import ACCOUNT
from workers import deliver


def as_worker(container: Container, monkeypatch: pytest.MonkeyPatch) -> Container:
    """The container as the jobs of a worker have it."""
    monkeypatch.setattr(deliver, "_container", container)
    return container


class Channel:
    """A channel of a gateway that does what a test says; counts what it was given."""

    def __init__(self, send: Callable[[OutboundMessage], Receipt | None] = lambda _: None) -> None:
        self._send = send
        self.given: list[OutboundMessage] = []

    def send(self, message: OutboundMessage) -> Receipt:
        self.given.append(message)
        return self._send(message) or Receipt(f"ext-{message.client_reference}", "NZD 0.0500")


def put(container: Container, **channels: Channel) -> None:
    """Put channels in the place of the accounts' own; ``sms_front`` stands for sms-front."""
    named = {name.replace("_", "-"): channel for name, channel in channels.items()}
    container._channels = (container.city.version, named)


def spent(db: Database, account: str = ACCOUNT) -> float:
    with db.reader() as session:
        return sum(session.scalars(select(OutboxTally.cost).where(OutboxTally.scope == f"account:{account}")))
