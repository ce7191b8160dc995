"""The state of the whole product, as facts: engines, processes, accounts, and what waits for a person.

Down (503) is what keeps the product from taking in or sending at all: the database, the queue server, a process
without a sign of life, no configuration, an account whose test message does not come through. A gateway that is away
shows in its account's age and alarm, and does not make us down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Select, bindparam, literal_column, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cases import brakes, clock
from cases.models import Brake, ConfigurationActive, Lease, Message
from cases.models.raw import RawState
from cases.queries import waiting
from contactcentre import alarms, gateways, ledger_check
from contactcentre.alarms import Alarm, Reason
from contactcentre.container import Container
from contactcentre.db import Unavailable
from contactcentre.ledger_check import Ledger
from contactcentre.scanning import watching
from contactcentre.scanning.watching import Watched

PROCESSES = ("web", "live", "worker", "ticker", "listener")
LASTS = timedelta(seconds=30)
#: how far back an account's last message is looked for: a silent account must not cost a scan of everything
LOOKBACK = timedelta(days=7)
TROUBLE = (RawState.FAILED, RawState.QUARANTINED)

_LEASES = select(Lease.name, Lease.seen_at).where(Lease.name.in_([f"process:{name}" for name in PROCESSES]))
#: a state that is written out is found along the index of the two; counted no further than anybody would mend
_RAW = text("""
    select 'failed', count(*) from (select 1 from raw_request where state = 'failed' limit 10000) f
     union all
    select 'quarantined', count(*) from (select 1 from raw_request where state = 'quarantined' limit 10000) q
""")
_ACTIVE = select(ConfigurationActive.number)
_BRAKES = select(Brake).order_by(Brake.scope)


def _last(direction: str) -> Select[datetime]:
    query = select(Message.created_at).where(
        Message.account == bindparam("account"),
        literal_column(f"message.direction = '{direction}'", Boolean),  # as the partial index says it
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
    """One account. Times are of the last seven days; ``oldest_waiting`` in seconds, None where nothing waits.

    ``weight`` is the share of its own messages that it sends: 1 while it works, less where another stands in for it.
    """

    id: str
    channel: str
    last_in: datetime | None
    last_out: datetime | None
    waiting: int
    oldest_waiting: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class Stop:
    """What holds messages back: a brake that a person pulled, or a cap of the day that is used up (no ``since``).

    ``scope``: ``all``, a message class, ``account:ID`` whose money is spent, ``prefix:+CC`` of a country.
    """

    scope: str
    since: datetime | None = None
    set_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says about the product."""

    processes: Mapping[str, ProcessHealth]
    accounts: tuple[AccountHealth, ...]
    stops: tuple[Stop, ...]
    raw: Mapping[str, int]
    version: int | None
    alarms: tuple[Alarm, ...] = ()
    ledger: Ledger | None = None
    scanner: Watched | None = None


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
        answer["brakes"] = [{"scope": one.scope, "since": _text(one.since)} for one in stored.stops]
        answer["raw"] = dict(stored.raw)
        answer["configuration"] = {"version": stored.version}
        answer["alarms"] = [{"account": one.account, "reason": one.reason} for one in stored.alarms]
        answer["scanner"] = _scanner_json(stored.scanner)
        answer["ledger"] = _ledger_json(stored.ledger)
    return answer


def _account_json(account: AccountHealth) -> dict[str, Any]:
    return {
        "id": account.id,
        "channel": account.channel,
        "last_in": _text(account.last_in),
        "last_out": _text(account.last_out),
        "waiting": account.waiting,
        "oldest_waiting_seconds": account.oldest_waiting,
        "weight": round(account.weight, 2),
    }


def _ledger_json(ledger: Ledger | None) -> dict[str, Any]:
    return {"at": _text(ledger.at if ledger else None), "counts": dict(ledger.counts) if ledger else {}}


def _scanner_json(scanner: Watched | None) -> dict[str, Any] | None:
    if scanner is None:
        return None
    return {"ok": scanner.there, "asked_at": _text(scanner.asked_at), "waits_since": _text(scanner.since)}


def _stored(container: Container) -> Stored:
    with container.db.reader() as session:
        now = clock.now(session)
        version = session.scalar(_ACTIVE)
        raw = dict.fromkeys((state.value for state in TROUBLE), 0)
        raw |= {row[0]: row[1] for row in session.execute(_RAW)}
        processes = _processes(session, now, LASTS * container.pace)
    # The configuration is read on a connection of its own; this one must have been given back by then.
    known = [(block.id, block.channel) for block in container.account_settings.values()] if version else []
    names = [key for key, _ in known]
    caps = gateways.caps_of(container.city) if version else brakes.NO_CAPS
    with container.db.reader() as session:
        sending = gateways.read(session, names)
        since, counts = waiting.since(session, names), waiting.counts(session, names)
        accounts = tuple(
            AccountHealth(
                *one,
                last_in=session.scalar(_LAST_IN, {"account": one[0], "since": now - LOOKBACK}),
                last_out=session.scalar(_LAST_OUT, {"account": one[0], "since": now - LOOKBACK}),
                waiting=counts[one[0]],
                oldest_waiting=_age(since.get(one[0]), now),
                weight=sending[one[0]].weight_at(now),
            )
            for one in known
        )
        pulled = [Stop(one.scope, one.since, one.set_by, one.reason) for one in session.scalars(_BRAKES)]
        stops = (*pulled, *map(Stop, brakes.used_up(session, caps, now=now)))
        # While no ticker lives nothing is tried: it is named itself, and the accounts' beats are as old as its end.
        tried = names if processes["ticker"].alive else []
        told = alarms.find(session, tried, caps=caps, now=now, pace=container.pace)
        ledger, scanner = ledger_check.last(session), watching.last(session, container)
    return Stored(processes, accounts, stops, raw, version, told, ledger, scanner)


def _processes(session: Session, now: datetime, patience: timedelta) -> dict[str, ProcessHealth]:
    seen = {name.removeprefix("process:"): at for name, at in session.execute(_LEASES)}
    return {name: ProcessHealth(name in seen and now - seen[name] <= patience, seen.get(name)) for name in PROCESSES}


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, round((now - since).total_seconds(), 3))


def _faults(queue_server: bool, stored: Stored | None) -> list[str]:
    faults = [] if queue_server else ["the queue server does not answer"]
    if stored is None:
        return ["the database does not answer", *faults]
    for name, one in stored.processes.items():
        if not one.alive:
            faults.append(f"process {name} has given no sign of life for {LASTS.seconds} seconds")
    if stored.version is None:
        faults.append("no configuration is active")
    for alarm in stored.alarms:
        if alarm.reason is Reason.BEAT:
            minutes = alarms.SILENT // timedelta(minutes=1)
            faults.append(f"account {alarm.account}: its test message has not come through for {minutes} minutes")
    return faults


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
