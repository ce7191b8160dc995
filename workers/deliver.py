"""Sends what waits in the outbox of one account: claim, commit, call the gateway, record, commit."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import structlog

from cases import brakes, clock, failover, outbox, outcomes
from cases.brakes import Caps
from cases.failover import Batch, Health
from cases.messages import OutboundMessage, Receipt
from cases.outbox import Claimed
from cases.outcomes import Sent, Unsettled
from channels.base import Finds, Sends
from channels.errors import GatewayDown, OutcomeUnknown, SendError, Throttled
from contactcentre import gateways
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

log = structlog.get_logger(__name__)

DRAIN = "workers.deliver.drain"
#: calls that overlap; the gateway's answer takes far longer than our own work
THREADS = 16
#: messages claimed at once, and how many of them may be under way before more are claimed
BATCH = 32
#: after this many seconds a drain ends and, where something waits still, asks for another
LONGEST = 20.0
UNTOLD = "The gateway's adapter failed; an administrator has been told."

_container: Container | None = None


def use(container: Container) -> None:
    """Give the jobs of this process their container."""
    global _container  # noqa: PLW0603  jobs are called by name, with ids alone
    _container = container


def container_in_use() -> Container:
    """Return the container that :func:`use` was given."""
    assert _container is not None, "workers.boot gives the container"
    return _container


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a gateway and what came of it. ``seconds`` is how long it took."""

    claimed: Claimed
    via: str
    outcome: Receipt | SendError
    seconds: float


@dataclass(slots=True)
class Flight:
    """The messages of one account that are under way."""

    container: Container
    account: str
    group: Sequence[str]
    pending: set[Future[Attempt]] = field(default_factory=set)
    sent: int = 0

    @property
    def room(self) -> int:
        """How many more may be claimed: more is claimed while half of a batch still flies, never one by one."""
        return BATCH - len(self.pending) if len(self.pending) <= BATCH // 2 else 0


def drain(account: str) -> int:
    """Send everything that waits for this account now; returns how many were sent. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(DRAIN, account)
    if account not in container.city.accounts:
        log.error("deliver.no_account", account=account)
        return 0
    flight = Flight(container, account, gateways.group_of(container.city, account))
    settle(container, account)
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        if flight.room:
            _take_off(flight)
        if not flight.pending:
            return flight.sent
        _land(flight)
    while flight.pending:
        _land(flight)
    container.jobs.nudge(DRAIN, account)
    return flight.sent


def settle(container: Container, account: str) -> int:
    """Decide attempts whose end is unknown: by the gateway's own list where it has one; returns how many."""
    waiting = container.db.run(lambda uow: outcomes.unsettled(uow.session, account=account, now=clock.now(uow.session)))
    for one in waiting:
        receipt = _looked_up(container, one)
        state = container.db.run(
            lambda uow, one=one, receipt=receipt: outcomes.settle(  # type: ignore[misc]
                uow.session, one, receipt, at=clock.now(uow.session)
            )
        )
        log.warning("deliver.settled", entry_id=one.entry_id, state=state)
    return len(waiting)


def _take_off(flight: Flight) -> int:
    container, room = flight.container, flight.room
    caps = caps_of(container)

    def take(uow: UnitOfWork) -> tuple[list[Claimed], dict[str, Health]]:
        now = clock.now(uow.session)
        known = dict(gateways.read(uow.session, flight.group))
        if failover.choose(flight.account, flight.group, known, now=now, drawn=0.0) is None:
            return [], known
        return outbox.claim(uow.session, account=flight.account, now=now, limit=room, caps=caps), known

    claimed, known = container.db.run(take)
    now = container.db.run(lambda uow: clock.now(uow.session)) if claimed else None
    for one in claimed:
        assert now is not None
        # Nothing of the database is held while the gateway is spoken to: a slow one must not eat the pool.
        chosen = failover.choose(flight.account, flight.group, known, now=now, drawn=random.random())  # noqa: S311
        flight.pending.add(_pool().submit(_attempt, container, one, chosen or flight.account))
    return len(claimed)


def _land(flight: Flight) -> None:
    done, flight.pending = wait(flight.pending, return_when=FIRST_COMPLETED)
    attempts = [one.result() for one in done]
    flight.container.db.run(lambda uow: _record(uow, flight, attempts))
    flight.sent += sum(isinstance(one.outcome, Receipt) for one in attempts)


def _attempt(container: Container, claimed: Claimed, via: str) -> Attempt:
    began = time.monotonic()
    outcome = _send(container.accounts.get(via), replace(claimed.message, account=via), claimed.entry_id)
    return Attempt(claimed, via, outcome, time.monotonic() - began)


def _send(channel: Any, message: OutboundMessage, entry_id: int) -> Receipt | SendError:
    if not isinstance(channel, Sends):
        return GatewayDown("no channel sends for this account")
    try:
        return channel.send(message)
    except SendError as error:
        return error
    except Exception as error:  # noqa: BLE001  whatever an adapter raises, its message must not stay in sending
        log.error("deliver.adapter_failed", entry_id=entry_id, error=type(error).__name__)
        return OutcomeUnknown(type(error).__name__, agent_text=UNTOLD)


def _record(uow: UnitOfWork, flight: Flight, attempts: Sequence[Attempt]) -> None:
    session, at = uow.session, clock.now(uow.session)
    sent = [Sent(one.claimed, one.outcome, one.via) for one in attempts if isinstance(one.outcome, Receipt)]
    held = outcomes.record_sent(session, sent, at=at)
    if held < len(sent):
        log.warning("deliver.lease_lost", count=len(sent) - held)
    for via in dict.fromkeys(one.via for one in sent):
        costs = [one.receipt.cost for one in sent if one.via == via]
        brakes.tally(session, caps_of(flight.container), account=via, costs=costs, at=at)
    for one in attempts:
        if isinstance(one.outcome, SendError):
            _record_error(uow, one, one.outcome)
    gateways.judge(session, flight.group, _batches(attempts))


def _record_error(uow: UnitOfWork, one: Attempt, error: SendError) -> None:
    session, at = uow.session, clock.now(uow.session)
    told = {
        "entry_id": one.claimed.entry_id,
        "account": one.via,
        "error": type(error).__name__,
        "gateway_code": error.code,
    }
    log.warning("deliver.not_sent", **told)
    if error.unknown:
        outcomes.record_unknown(session, one.claimed, reason=error.agent_text, via=one.via)
        return
    outcomes.record_failed(
        session,
        one.claimed,
        reason=error.agent_text,
        code=error.code,
        again=error.retryable,
        at_least=error.retry_after or 0.0,
        at=at,
    )


def _batches(attempts: Sequence[Attempt]) -> dict[str, Batch]:
    """Sum up what each gateway did. A message that was refused for its own sake says nothing about the gateway."""
    found: dict[str, Batch] = {}
    for via in dict.fromkeys(one.via for one in attempts):
        own = [one for one in attempts if one.via == via]
        errors = [one.outcome for one in own if isinstance(one.outcome, SendError)]
        failed = sum(isinstance(one, GatewayDown | Throttled | OutcomeUnknown) for one in errors)
        asked = max((one.retry_after or 0.0 for one in errors), default=0.0)
        found[via] = Batch(len(own) - failed, failed, statistics.median(one.seconds for one in own), asked or None)
    return found


def _looked_up(container: Container, one: Unsettled) -> Receipt | None:
    channel = container.accounts.get(one.via)
    if not isinstance(channel, Finds):
        return None
    try:
        return channel.find(one.message, since=one.since)
    except SendError as error:
        log.warning("deliver.not_looked_up", entry_id=one.entry_id, error=type(error).__name__)
        return None


def caps_of(container: Container) -> Caps:
    """Return the day's bounds as the configuration has them."""
    organisation, limits = container.city.organisation, container.city.limits
    return Caps(
        zone=organisation.timezone,
        prefixes=organisation.prefixes,
        per_recipient=limits.messages_per_number_per_day,
        per_prefix=limits.messages_per_prefix_per_day,
        spend=limits.spend_per_account_per_day,
    )


@cache
def _pool() -> ThreadPoolExecutor:
    # Made after the fork: a thread pool of the parent would be dead in the child.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="send")
