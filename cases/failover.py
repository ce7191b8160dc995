"""Which account a message leaves by while its own does not work: weights that fall fast and rise slowly.

An account gives way only to a healthy one of its group: where all of them fail or are slow, nothing changes and the
messages wait. Weights fall by a third at most every half minute, the first time half a minute after the trouble
began, by when trouble of the whole group has shown. They rise by a twentieth a minute, so that a gateway that flutters
is not followed (the behaviour of GOV.UK Notify's provider switch, in numbers of our own).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FALL, FALL_EVERY = 0.34, timedelta(seconds=30)
RISE, RISE_EVERY = 0.05, timedelta(minutes=1)
#: what an account that failed still gets, by which its recovery is noticed
LEAST = 0.05
#: an account is healthy that neither failed nor was slow for so long
QUIET = timedelta(minutes=1)
#: after so long without trouble a weight comes back by itself, and in as long again to the full: where few messages
#: leave, hardly one of them would ever try the account that failed
LONG_QUIET = timedelta(minutes=14)
#: the slowest acceptable median of a batch, in seconds
SLOW = 5.0
#: shares of a batch that count as failing
FAILING = 0.5


@dataclass(frozen=True, slots=True)
class Health:
    """How well an account sends. ``weight`` is the share of its own messages that it gets.

    ``lowered_at`` is when the weight was last looked at in trouble, ``raised_at`` when it was last moved.
    """

    account: str
    weight: float = 1.0
    lowered_at: datetime | None = None
    raised_at: datetime | None = None
    rests_until: datetime | None = None
    failed_at: datetime | None = None
    slow_at: datetime | None = None
    sent_at: datetime | None = None

    def healthy(self, now: datetime) -> bool:
        """Tell whether the account may take over the messages of another."""
        troubles = (self.failed_at, self.slow_at)
        return not self.resting(now) and all(at is None or now - at >= QUIET for at in troubles)

    def resting(self, now: datetime) -> bool:
        """Tell whether the gateway has asked for a pause that is not over."""
        return self.rests_until is not None and self.rests_until > now

    def weight_at(self, now: datetime) -> float:
        """Return the weight with what a long quiet has given back of it."""
        since = max((at for at in (self.failed_at, self.slow_at) if at is not None), default=None)
        if self.weight >= 1.0 or since is None:
            return self.weight
        begun = max(since + LONG_QUIET, self.raised_at or since)
        return min(1.0, self.weight + max(0.0, (now - begun) / LONG_QUIET))


@dataclass(frozen=True, slots=True)
class Batch:
    """What a gateway did with a batch: how many it took and failed, the median of its answers in seconds, its wish."""

    taken: int
    failed: int
    median: float
    retry_after: float | None = None


def judged(health: Health, batch: Batch, others: Sequence[Health], *, now: datetime) -> Health:
    """Return the account's health after a batch; ``others`` are the rest of its group."""
    total = batch.taken + batch.failed
    if total == 0:
        return health
    failing, slow = batch.failed / total >= FAILING, batch.median > SLOW
    weight, new = health.weight_at(now), health.weight >= 1.0 and health.healthy(now)
    if batch.retry_after:
        health = replace(health, rests_until=now + timedelta(seconds=batch.retry_after))
    if batch.taken:
        health = replace(health, sent_at=now)
    if not failing and not slow:
        return _raised(health, now)
    health = replace(health, failed_at=now if failing else health.failed_at, slow_at=now if slow else health.slow_at)
    if new:
        return replace(health, lowered_at=now)
    lately = health.lowered_at is not None and now - health.lowered_at < FALL_EVERY
    if lately or not any(other.healthy(now) for other in others):
        return health
    return replace(health, weight=max(LEAST, weight - FALL), lowered_at=now, raised_at=now)


def _raised(health: Health, now: datetime) -> Health:
    if health.weight >= 1.0 or (health.raised_at is not None and now - health.raised_at < RISE_EVERY):
        return health
    if not health.healthy(now):
        return health
    return replace(health, weight=min(1.0, max(health.weight + RISE, health.weight_at(now))), raised_at=now)


def choose(
    account: str, group: Sequence[str], health: Mapping[str, Health], *, now: datetime, drawn: float
) -> str | None:
    """Return the account that a message leaves by; None: by none now, since the gateway asked for a pause.

    ``drawn`` is a random number from 0 to 1.
    """
    own = health.get(account, Health(account))
    if not own.resting(now) and drawn < own.weight_at(now):
        return account
    healthy = [one for one in group if one != account and health.get(one, Health(one)).healthy(now)]
    if healthy:
        return max(healthy, key=lambda one: health.get(one, Health(one)).weight_at(now))
    return None if own.resting(now) else account
