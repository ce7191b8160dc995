"""What one request about a call works with, and what it leaves to be done after the commit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cases.departments import City
from cases.models import PhoneCall
from channels.base import TakesCalls
from channels.dialogue.menu import Menu
from channels.voice.values import CallHeard
from channels.webhook import WebhookRequest

#: seconds for a request: a caller hears silence meanwhile
DEADLINE = 2.0
MOST_CALLS = 5


class Overdue(Exception):
    """The request did not end in time, or asked for too much."""


@dataclass(slots=True)
class Work:
    """One request. ``recorded`` are the addresses of recorded prompts. ``agents`` are those whose telephone rings."""

    account: str
    channel: TakesCalls
    menu: Menu
    city: City
    event: str
    heard: CallHeard
    request: WebhookRequest
    recorded: Mapping[tuple[str, str], str]
    until: float = field(default_factory=lambda: time.monotonic() + DEADLINE)
    asked: int = 0
    to_send: dict[str, None] = field(default_factory=dict)
    to_fetch: dict[str, None] = field(default_factory=dict)
    agents: set[int] = field(default_factory=set)

    @property
    def facts(self) -> Mapping[str, str]:
        """The values that every text may name."""
        organisation = self.city.organisation
        days = str(self.city.calls.recording_days)
        return {"organisation": organisation.short_name, "emergency": organisation.emergency_number, "days": days}

    def sends(self, accounts: tuple[str, ...]) -> None:
        """Note accounts with something to send."""
        self.to_send.update(dict.fromkeys(accounts))

    def check_time(self) -> None:
        """Raise :class:`Overdue` where this request has asked the house too often, or for too long."""
        self.asked += 1
        if self.asked > MOST_CALLS or time.monotonic() > self.until:
            raise Overdue(str(self.asked))


@dataclass(slots=True)
class On:
    """A request as it meets its call: the session, the locked row, the instant."""

    session: Session
    work: Work
    call: PhoneCall
    at: datetime

    @property
    def heard(self) -> CallHeard:
        """What was heard."""
        return self.work.heard

    @property
    def city(self) -> City:
        """The active configuration."""
        return self.work.city

    @property
    def number(self) -> int:
        """The number of the page that is being made."""
        return self.call.turns + 1

    @property
    def dialogue(self) -> dict[str, Any]:
        """Where the menu stands, to be read."""
        return dict(self.call.dialogue or {})

    def note(self, **values: Any) -> None:
        """Store where the menu stands: a new value, since the row does not see what changes inside of one."""
        self.call.dialogue = {**self.dialogue, **values}
