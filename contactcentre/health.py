"""The state of the whole product, as facts: engines, processes, accounts, and what waits for a person.

Down (503) is what keeps the product from taking in or sending at all: the database, the queue server, a process
without a sign of life, no configuration. A gateway that is away shows in its account's age and does not make us down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cases import clock
from cases.models import ConfigurationActive, Lease, Message, OutboxEntry, RawRequest
from cases.models.raw import RawState
from contactcentre.container import Container
from contactcentre.db import Unavailable

PROCESSES = ("web", "live", "worker", "ticker", "listener")
LASTS = timedelta(seconds=30)
#: how far back an account's last message is looked for: a silent account must not cost a scan of everything
LOOKBACK = timedelta(days=7)
TROUBLE = (RawState.FAILED, RawState.QUARANTINED)

_LEASES = select(Lease.name, Lease.seen_at).where(Lease.name.in_([f"process:{name}" for name in PROCESSES]))
_WAITING = (
    select(OutboxEntry.account, func.min(OutboxEntry.created_at).label("oldest"), func.count().label("waiting"))
    .where(OutboxEntry.state == "queued")
    .group_by(OutboxEntry.account)
)
_RAW = select(RawRequest.state, func.count()).where(RawRequest.state.in_(TROUBLE)).group_by(RawRequest.state)
_ACTIVE = select(ConfigurationActive.number)


def _last(direction: str) -> Select[datetime]:
    query = select(Message.created_at).where(
        Message.account == bindparam("account"),
        Message.direction == direction,
        Message.created_at > bindparam("since"),
    )
    if direction == "out":
        query = query.where(Message.sent_at.is_not(None))
    return query.order_by(Message.created_at.desc()).limit(1)


_LAST_IN, _LAST_OUT = _last("in"), _last("out")


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """One process. ``seen_at``: its last sign of life, None where it never gave one."""

    alive: bool
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """One account. Times are of the last seven days; ``oldest_waiting`` in seconds, None where nothing waits."""

    id: str
    channel: str
    last_in: datetime | None
    last_out: datetime | None
    waiting: int
    oldest_waiting: float | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says about the product."""

    processes: Mapping[str, ProcessHealth]
    accounts: tuple[AccountHealth, ...]
    raw: Mapping[str, int]
    version: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """Everything together. ``stored`` is None while the database is away."""

    queue_server: bool
    stored: Stored | None
    faults: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Tell whether the product does its work."""
        return not self.faults


def look(container: Container) -> Health:
    """Ask everything, both engines with time-outs of seconds. An engine that is away is a fault, never an exception."""
    queue_server = container.jobs.ping()
    try:
        stored: Stored | None = _stored(container)
    except (Unavailable, SQLAlchemyError):
        stored = None
    return Health(queue_server, stored, tuple(_faults(queue_server, stored)))


def as_json(health: Health) -> dict[str, Any]:
    """Return what /health answers. No names of hosts, no numbers, no words."""
    stored = health.stored
    answer: dict[str, Any] = {
        "status": "ok" if health.ok else "down",
        "faults": list(health.faults),
        "database": {"ok": stored is not None},
        "queue_server": {"ok": health.queue_server},
    }
    if stored is not None:
        answer["processes"] = {
            name: {"ok": one.alive, "seen_at": _text(one.seen_at)} for name, one in stored.processes.items()
        }
        answer["accounts"] = [_account_json(one) for one in stored.accounts]
        answer["raw"] = dict(stored.raw)
        answer["configuration"] = {"version": stored.version}
    return answer


def _account_json(account: AccountHealth) -> dict[str, Any]:
    return {
        "id": account.id,
        "channel": account.channel,
        "last_in": _text(account.last_in),
        "last_out": _text(account.last_out),
        "waiting": account.waiting,
        "oldest_waiting_seconds": account.oldest_waiting,
    }


def _stored(container: Container) -> Stored:
    with container.db.reader() as session:
        now = clock.now(session)
        version = session.scalar(_ACTIVE)
        raw = dict.fromkeys((state.value for state in TROUBLE), 0)
        raw |= {row[0]: row[1] for row in session.execute(_RAW)}
        processes = _processes(session, now, _patience(container))
        waiting = {row["account"]: row for row in session.execute(_WAITING).mappings()}
    # The configuration is read on a connection of its own; this one must have been given back by then.
    known = [(block.id, block.channel) for block in container.account_settings.values()] if version else []
    with container.db.reader() as session:
        accounts = tuple(_account(session, *one, waiting=waiting.get(one[0]), now=now) for one in known)
    return Stored(processes, accounts, raw, version)


def _patience(container: Container) -> timedelta:
    # A test clock that runs faster makes every sign of life look older than it is.
    moved = container.settings.test_clock
    return LASTS * max(1.0, moved[2] if moved else 1.0)


def _processes(session: Session, now: datetime, patience: timedelta) -> dict[str, ProcessHealth]:
    seen = {name.removeprefix("process:"): at for name, at in session.execute(_LEASES)}
    return {name: ProcessHealth(name in seen and now - seen[name] <= patience, seen.get(name)) for name in PROCESSES}


def _account(session: Session, key: str, channel: str, *, waiting: RowMapping | None, now: datetime) -> AccountHealth:
    values = {"account": key, "since": now - LOOKBACK}
    return AccountHealth(
        id=key,
        channel=channel,
        last_in=session.scalar(_LAST_IN, values),
        last_out=session.scalar(_LAST_OUT, values),
        waiting=waiting["waiting"] if waiting else 0,
        oldest_waiting=max(0.0, round((now - waiting["oldest"]).total_seconds(), 3)) if waiting else None,
    )


def _faults(queue_server: bool, stored: Stored | None) -> list[str]:
    faults = [] if queue_server else ["the queue server does not answer"]
    if stored is None:
        return ["the database does not answer", *faults]
    for name, one in stored.processes.items():
        if not one.alive:
            faults.append(f"process {name} has given no sign of life for {LASTS.seconds} seconds")
    if stored.version is None:
        faults.append("no configuration is active")
    return faults


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
