"""Sends what waits in the outbox of one account: claim, commit, call the gateway, record, commit."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import structlog
from sqlalchemy.orm import Session

from cases import brakes, clock, failover, mails, outbox, outcomes
from cases.brakes import Caps
from cases.failover import Batch
from cases.letters.states import CHANNEL as LETTERS
from cases.messages import OutboundMessage, OutgoingLetter, Receipt
from cases.outbox import Claimed, OutboxState
from cases.outcomes import Sent, Unsettled
from channels.base import Finds, Sends
from channels.errors import AccountFault, GatewayDown, OutcomeUnknown, SendError, Throttled
from contactcentre import gateways
from contactcentre.container import Container
from contactcentre.db import Unavailable, UnitOfWork
from contactcentre.inspection import leaving
from contactcentre.jobs import DRAIN
from contactcentre.letters import setting as letters

log = structlog.get_logger(__name__)

#: calls that overlap; the gateway's answer takes far longer than our own work
THREADS = 16
#: messages claimed at once, and how many of them may be under way before more are claimed
BATCH = 32
#: seconds in which landings are gathered
TOGETHER = 0.03
#: after this many seconds a drain ends and, where something waits still, asks for another
LONGEST = 20.0
#: seconds for which a database that is away is waited for with outcomes in hand, and between two tries
PATIENCE, PAUSE = 30.0, 0.5
#: for so long after an attempt a gateway that has a list is asked again where it does not answer
ASK_FOR = timedelta(seconds=90)
#: another process may know an account of a new configuration for some seconds before this one does
NOT_YET = timedelta(minutes=1)
#: what tells of a gateway or of our account there, not of one message
TROUBLES = (GatewayDown, Throttled, OutcomeUnknown, AccountFault)
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
    settle(container, account)
    if account not in container.city.accounts:
        _hold_left_over(container, account)
        return 0
    flight = Flight(container, account, gateways.group_of(container.city, account))
    until = time.monotonic() + LONGEST
    try:
        while time.monotonic() < until:
            took = _take_off(flight) if flight.room else 0
            if flight.pending:
                _land(flight)
            elif not took:
                return flight.sent
    finally:
        # A database that went away while more was being claimed must not cost what the gateway says of the others.
        while flight.pending:
            _land(flight)
    container.jobs.nudge(DRAIN, account)
    return flight.sent


def settle(container: Container, account: str) -> int:
    """Decide attempts whose end is unknown: by the gateway's own list where it has one; returns how many."""

    def begin(uow: UnitOfWork) -> tuple[list[Unsettled], datetime]:
        now = clock.now(uow.session)
        return outcomes.unsettled(uow.session, account=account, now=now, limit=BATCH), now

    waiting, now = container.db.run(begin)
    if not waiting:
        return 0
    channels, caps = container.accounts, gateways.caps_of(container.city)
    looked_up = list(_pool().map(lambda one: _looked_up(channels.get(one.via), one), waiting))
    decided = 0
    for one, found in zip(waiting, looked_up, strict=True):
        if isinstance(found, SendError) and now - one.since < ASK_FOR:
            continue  # the gateway cannot say now: a second copy may be spared by asking again
        receipt = found if isinstance(found, Receipt) else None
        state = container.db.run(partial(_settle, one=one, receipt=receipt, caps=caps))
        log.warning("deliver.settled", entry_id=one.entry_id, state=state)
        decided += 1
    return decided


def _settle(uow: UnitOfWork, *, one: Unsettled, receipt: Receipt | None, caps: Caps) -> str | None:
    at = clock.now(uow.session)
    state = outcomes.settle(uow.session, one, receipt, at=at)
    if receipt is not None and state == OutboxState.SENT:
        brakes.tally(uow.session, caps, account=one.via, costs=[receipt.cost], at=at)
    return state


def _hold_left_over(container: Container, account: str) -> int:
    """Hold what waits for an account that is configured no more, or, it may be, in a moment."""

    def hold(uow: UnitOfWork) -> int:
        before = clock.now(uow.session) - NOT_YET
        return outbox.hold_left_over(uow.session, account=account, before=before)

    held = container.db.run(hold)
    log.error("deliver.no_account", account=account, held=held)
    return held


def _take_off(flight: Flight) -> int:
    """Claim as many as there is room for and give them to threads; returns how many were taken, to be sent or not."""
    channels, caps = flight.container.accounts, gateways.caps_of(flight.container.city)
    # Nothing of the database is held once this has returned: a slow gateway must not eat the pool.
    taken, given = flight.container.db.run(lambda uow: _take(uow.session, flight, caps))
    flight.pending |= {_pool().submit(_attempt, channels.get(via), one, via) for one, via in given}
    return taken


def _take(session: Session, flight: Flight, caps: Caps) -> tuple[int, list[tuple[Claimed, str]]]:
    now = clock.now(session)
    known = gateways.read(session, flight.group)
    choose = partial(failover.choose, flight.account, flight.group, known, now=now)
    if choose(drawn=0.0) is None:
        return 0, []
    taken = outbox.take(session, account=flight.account, now=now, limit=flight.room, caps=caps)
    claimed = _dressed(session, flight, taken.claimed)
    given = [(one, choose(drawn=random.random()) or flight.account) for one in claimed]  # noqa: S311
    for other in {via for _, via in given} - {flight.account}:
        outbox.give_to(session, [one for one, via in given if via == other], via=other)
    return len(given) + taken.ended, given


def _dressed(session: Session, flight: Flight, claimed: Sequence[Claimed]) -> Sequence[Claimed]:
    """Give what leaves as mail its subject, its files and whatever else a mail has, and a letter its number."""
    container = flight.container
    channel = container.city.accounts[flight.account].channel if claimed else ""
    if channel == LETTERS:
        return [replace(one, message=replace(one.message, letter=OutgoingLetter(one.message_id))) for one in claimed]
    if channel != mails.CHANNEL:
        return claimed
    plain = [(one.message_id, one.message) for one in claimed]
    found = mails.dressed(session, plain, read=leaving.reader(container))
    return [replace(one, message=found[one.message_id]) for one in claimed]


def _land(flight: Flight) -> None:
    # Whatever lands within a moment is recorded together: a transaction for each would cost more than the calls do.
    done, flight.pending = wait(flight.pending, timeout=TOGETHER)
    if not done:
        done, flight.pending = wait(flight.pending, return_when=FIRST_COMPLETED)
    attempts = [one.result() for one in done]
    _write_down(flight, attempts, until=time.monotonic() + PATIENCE)
    flight.sent += sum(isinstance(one.outcome, Receipt) for one in attempts)


def _write_down(flight: Flight, attempts: Sequence[Attempt], *, until: float) -> None:
    """Record attempts; a database that is away is waited for, and what cannot be recorded keeps nothing else back."""
    caps = gateways.caps_of(flight.container.city)
    while True:
        try:
            flight.container.db.run(lambda uow: _record(uow, flight, attempts, caps))
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        except Exception as error:  # noqa: BLE001  whatever it is, the other messages are not to be sent twice for it
            if len(attempts) == 1:
                log.error("deliver.not_recorded", entry_id=attempts[0].claimed.entry_id, error=type(error).__name__)
                return
            for one in attempts:
                _write_down(flight, [one], until=until)
            return
        else:
            return


def _attempt(channel: Any, claimed: Claimed, via: str) -> Attempt:
    began = time.monotonic()
    outcome = _send(channel, replace(claimed.message, account=via), claimed.entry_id)
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


def _record(uow: UnitOfWork, flight: Flight, attempts: Sequence[Attempt], caps: Caps) -> None:
    session, at = uow.session, clock.now(uow.session)
    sent = [Sent(one.claimed, one.outcome, one.via) for one in attempts if isinstance(one.outcome, Receipt)]
    held = outcomes.record_sent(session, sent, at=at)
    if len(held) < len(sent):
        log.warning("deliver.lease_lost", count=len(sent) - len(held))
    letters.entered(uow, flight.container, [one.claimed.message_id for one in held], account=flight.account, at=at)
    for via in sorted({one.via for one in held}):
        costs = [one.receipt.cost for one in held if one.via == via]
        brakes.tally(session, caps, account=via, costs=costs, at=at)
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
        failed = sum(isinstance(one, TROUBLES) for one in errors)
        asked = max((one.retry_after or 0.0 for one in errors), default=0.0)
        found[via] = Batch(len(own) - failed, failed, statistics.median(one.seconds for one in own), asked or None)
    return found


def _looked_up(channel: Any, one: Unsettled) -> Receipt | SendError | None:
    """Return what the gateway's list says of an attempt; an error where it says nothing, None where it has no list."""
    if not isinstance(channel, Finds):
        return None
    try:
        return channel.find(one.message, since=one.since)
    except SendError as error:
        log.warning("deliver.not_looked_up", entry_id=one.entry_id, error=type(error).__name__)
        return error
    except Exception as error:  # noqa: BLE001  as in sending: an adapter's fault must not keep the rest waiting
        log.error("deliver.adapter_failed", entry_id=one.entry_id, error=type(error).__name__)
        return None


@cache
def _pool() -> ThreadPoolExecutor:
    # Made after the fork: a thread pool of the parent would be dead in the child.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="send")
