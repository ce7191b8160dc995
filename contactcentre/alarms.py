"""Accounts that are silent, stuck or failing while every process lives: named to monitors, to doctor and in the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import brakes, clock
from cases.brakes import Caps
from cases.failover import LEAST, Health
from cases.models import Lease
from cases.queries import waiting
from contactcentre import gateways
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.heartbeat import BEAT

log = structlog.get_logger(__name__)

#: two beats in a row are missing
SILENT = timedelta(minutes=10)
#: the oldest waiting message of an account whose messages leave
WAITS = timedelta(minutes=5)
_SAID = "alarm:{account}"
_BEATS = select(Lease.name, Lease.until, Lease.seen_at).where(Lease.name.in_(bindparam("names", expanding=True)))


class Reason(StrEnum):
    """What is wrong with an account."""

    BEAT = "beat"  # the test message does not come through
    WAITING = "waiting"  # messages wait, and nobody holds them back
    WEIGHT = "weight"  # it fails, and all that can be is sent by another


@dataclass(frozen=True, slots=True)
class Alarm:
    """One account and what is wrong with it."""

    account: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of an account: when its last beat came and from when on it is judged, what waits, how it sends."""

    account: str
    beat: datetime | None
    settled: datetime | None
    oldest: datetime | None
    weight: float


def judge(signs: Signs, *, now: datetime, pace: float = 1.0) -> list[Alarm]:
    """Return an account's alarms; none before it was tried, nor in its first ten minutes."""
    if signs.beat is None or signs.settled is None or now < signs.settled:
        return []
    wrong = {
        Reason.BEAT: now - signs.beat > SILENT * pace,
        Reason.WAITING: signs.oldest is not None and now - signs.oldest > WAITS * pace,
        Reason.WEIGHT: signs.weight <= LEAST,
    }
    return [Alarm(signs.account, reason) for reason, is_so in wrong.items() if is_so]


def find(session: Session, accounts: Sequence[str], *, caps: Caps, now: datetime, pace: float) -> tuple[Alarm, ...]:
    """Return the alarms of all accounts. A ticker must be alive: what it has not tried cannot have come through."""
    names = {BEAT.format(account=account): account for account in accounts}
    beats = {names[row.name]: row for row in session.execute(_BEATS, {"names": list(names)})}
    oldest, sending = _oldest(session, accounts, caps, now), gateways.read(session, accounts)
    every = (
        Signs(
            account,
            beats[account].seen_at if account in beats else None,
            beats[account].until if account in beats else None,
            oldest.get(account),
            sending.get(account, Health(account)).weight_at(now),
        )
        for account in accounts
    )
    return tuple(alarm for signs in every for alarm in judge(signs, now=now, pace=pace))


def watch(container: Container) -> tuple[Alarm, ...]:
    """Look at all accounts; each alarm, and each end of one, is logged once, whichever ticker sees it first."""
    accounts, caps = list(container.account_settings), gateways.caps_of(container.city)

    def work(uow: UnitOfWork) -> tuple[tuple[Alarm, ...], list[Alarm], list[Alarm]]:
        now = clock.now(uow.session)
        found = find(uow.session, accounts, caps=caps, now=now, pace=container.pace)
        return found, *_changes(uow.session, accounts, found, at=now)

    found, new, over = container.db.run(work)
    for alarm in new:
        log.error("channel.alarm", account=alarm.account, reason=alarm.reason)
    for alarm in over:
        log.info("channel.alarm_over", account=alarm.account, reason=alarm.reason)
    return found


def _oldest(session: Session, accounts: Collection[str], caps: Caps, now: datetime) -> Mapping[str, datetime]:
    """Return when the oldest message of each account began to wait that no brake or cap holds back."""
    braked = brakes.braked(session)
    if brakes.ALL in braked:
        return {}
    spent = set(brakes.used_up(session, caps, now=now))
    return waiting.since(session, [one for one in accounts if f"account:{one}" not in spent], but=braked)


def _changes(
    session: Session, accounts: Iterable[str], found: Collection[Alarm], *, at: datetime
) -> tuple[list[Alarm], list[Alarm]]:
    """Return the alarms that are new and those that are over, and remember them as said."""
    names = {account: _SAID.format(account=account) for account in accounts}
    known = select(Lease.name, Lease.holder).where(Lease.name.in_(names.values()))
    said = {row.name: row.holder for row in session.execute(known.order_by(Lease.name).with_for_update())}
    new: list[Alarm] = []
    over: list[Alarm] = []
    for account, name in names.items():
        before = {Reason(word) for word in said.get(name, "").split()}
        now = {alarm.reason for alarm in found if alarm.account == account}
        if before == now:
            continue
        row = {"name": name, "holder": " ".join(sorted(now)), "until": at, "seen_at": at}
        session.execute(insert(Lease).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
        new += [Alarm(account, reason) for reason in sorted(now - before)]
        over += [Alarm(account, reason) for reason in sorted(before - now)]
    return new, over
