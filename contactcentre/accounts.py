"""Every account as an administrator looks at it: how it does, what it calls us by, what it has spent, what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import brakes, clock
from cases.departments import City
from cases.errors import NotFound
from cases.models import HookSeen, OutboxTally
from channels import registry
from channels.base import Converses, Listens, Receives, Sends, TakesCalls
from channels.needs import Needs
from channels.settings import AccountSettings, secrets_of
from channels.voice.values import EVENTS
from contactcentre import alarms, conversations, gateways, health, hook_seen
from contactcentre.container import Container
from contactcentre.health import AccountHealth

#: stands in an address in the place of its secret
MASK = "••••••••"
DELIVERY, MAIL = "delivery", "email"


@dataclass(frozen=True, slots=True)
class Hook:
    """One callback: its address without the secret, and when it last came or was refused."""

    event: str
    masked: str
    seen_at: datetime | None = None
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What an account listens to: when it was last reached and last not, and why not, while it is not."""

    seen_at: datetime | None = None
    refused_at: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A secret of an account: the key that names it, where it is looked for, and whether something is there."""

    key: str
    reference: str
    there: bool


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account. ``spent`` of ``cap`` today, in the currency of the gateway's prices; ``stops`` hold its messages.

    ``rehearses``: it reaches nobody's telephone. ``sent_at``: when the gateway last took a message of ours.
    ``source`` is there where the account listens to one.
    """

    block: AccountSettings
    health: AccountHealth | None
    hooks: tuple[Hook, ...]
    secrets: tuple[Held, ...]
    needs: Needs | None
    sends: bool
    converses: bool
    rehearses: bool
    sent_at: datetime | None
    spent: float
    messages: int
    cap: float | None
    alarms: tuple[alarms.Reason, ...] = ()
    stops: tuple[str, ...] = ()
    source: Source | None = None

    @property
    def reported_at(self) -> datetime | None:
        """When the last delivery report came."""
        return next((one.seen_at for one in self.hooks if one.event == DELIVERY), None)

    @property
    def is_mail(self) -> bool:
        """Tell whether it carries mail, which costs nothing and is not reported of."""
        return self.block.channel == MAIL

    @property
    def never_seen(self) -> bool:
        """Tell whether its source was never reached, or none of its callbacks has ever come."""
        if self.source is not None:
            return self.source.seen_at is None
        return bool(self.hooks) and all(one.seen_at is None for one in self.hooks)


def events(channel: object) -> tuple[str, ...]:
    """Return the callbacks of a built channel, a dialogue's first."""
    spoken: tuple[str, ...] = (conversations.EVENT,) if isinstance(channel, Converses) else ()
    spoken = EVENTS if isinstance(channel, TakesCalls) else spoken
    return (*spoken, *(route.event for route in channel.routes())) if isinstance(channel, Receives) else spoken


def expected(channel: object) -> tuple[str, ...]:
    """Return what must have come once before a built channel is known to work: its source, or else its callbacks."""
    return (hook_seen.SOURCE,) if isinstance(channel, Listens) and channel.listens else events(channel)


def hooks(container: Container, account: str) -> dict[str, str]:
    """Return the addresses that the gateway of one account shall call, by event; raises ``LookupError`` where the
    secret in them cannot be read.
    """
    block = container.account_settings[account]
    return {event: container.hook_url(block, event) for event in events(container.accounts[account])}


def table(container: Container) -> Sequence[AccountLine]:
    """Return every account, in the order of the configuration."""
    found, blocks = health.look(container), container.account_settings
    known = {one.id: one for one in found.stored.accounts} if found.stored else {}
    told = found.stored.alarms if found.stored else ()
    stops = tuple(one.scope for one in found.stored.stops) if found.stored else ()
    with container.db.reader() as session:
        seen, sending = hook_seen.read(session, list(blocks)), gateways.read(session, list(blocks))
        spent = _spent(session, container.city)
    lines = []
    for key, block in blocks.items():
        cost, messages = spent.get(f"account:{key}", (0.0, 0))
        lines.append(
            AccountLine(
                block=block,
                health=known.get(key),
                secrets=held(container, block),
                sent_at=sending[key].sent_at,
                spent=cost,
                messages=messages,
                cap=container.city.limits.spend_per_account_per_day,
                alarms=tuple(one.reason for one in told if one.account == key),
                stops=tuple(one for one in stops if not one.startswith("account:") or one == f"account:{key}"),
                **_made(container, block, seen),
            )
        )
    return lines


def one(container: Container, account: str) -> AccountLine:
    """Return one account; raises ``NotFound``."""
    found = next((line for line in table(container) if line.block.id == account), None)
    if found is None:
        raise NotFound(f"There is no account {account!r} in the active configuration.")
    return found


def held(container: Container, block: AccountSettings) -> tuple[Held, ...]:
    """Return the secrets of an account, and whether each can be read; never a value."""
    return tuple(
        Held(key, secret.reference, _there(container, block, key)) for key, secret in secrets_of(block).items()
    )


def _there(container: Container, block: AccountSettings, key: str) -> bool:
    try:
        return bool(container.read_secret(getattr(block, key)))
    except LookupError:
        return False


def _made(container: Container, block: AccountSettings, seen: Mapping[tuple[str, str], HookSeen]) -> Mapping[str, Any]:
    """Return what the account's channel says of itself."""
    channel = container.accounts[block.id]
    suffix = getattr(registry.find(block.channel, block.gateway), "hook_suffix", "")
    calls = []
    for event in events(channel):
        row = seen.get((block.id, event))
        address = f"{container.settings.base_url}/hooks/{block.id}/{MASK}/{event}{suffix}"
        calls.append(Hook(event, address, row.seen_at if row else None, row.refused_at if row else None))
    return {
        "hooks": tuple(calls),
        "source": _source(channel, seen.get((block.id, hook_seen.SOURCE))),
        "needs": getattr(channel, "needs", None),
        "sends": isinstance(channel, Sends),
        "converses": isinstance(channel, Converses),
        "rehearses": bool(getattr(channel, "rehearses", False)),
    }


def _source(channel: object, row: HookSeen | None) -> Source | None:
    if not (isinstance(channel, Listens) and channel.listens):
        return None
    return Source(row.seen_at, row.refused_at, row.trouble) if row else Source()


def _spent(session: Session, city: City) -> Mapping[str, tuple[float, int]]:
    """Return what accounts have spent on the city's day, and how many messages they sent, by scope."""
    day = brakes.day_of(clock.now(session), city.organisation.timezone)
    query = select(OutboxTally.scope, OutboxTally.cost, OutboxTally.messages).where(OutboxTally.day == day)
    return {scope: (cost, messages) for scope, cost, messages in session.execute(query)}
