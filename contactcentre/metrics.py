"""The facts of /health as Prometheus reads them (text format 0.0.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from cases.brakes import ALL
from cases.outbox import MessageClass
from contactcentre.alarms import Alarm, Reason
from contactcentre.health import AccountHealth, Health, Stop
from contactcentre.ledger_check import Ledger

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, str], float | None]


def render(health: Health) -> str:
    """Return every gauge. What is not known now is left out rather than guessed."""
    lines = [
        *_gauge("up", "The whole product does its work.", [({}, health.ok)]),
        *_gauge("database_up", "The database answers.", [({}, health.stored is not None)]),
        *_gauge("queue_server_up", "The queue server answers.", [({}, health.queue_server)]),
    ]
    stored = health.stored
    if stored is not None:
        alive = [({"process": name}, one.alive) for name, one in stored.processes.items()]
        seen = [({"process": name}, _unix(one.seen_at)) for name, one in stored.processes.items()]
        raw = [({"state": state}, count) for state, count in stored.raw.items()]
        told = _alarms(stored.accounts, stored.alarms)
        lines += [
            *_gauge("process_up", "The process gave a sign of life within 30 seconds.", alive),
            *_gauge("process_seen_timestamp_seconds", "Last sign of life.", seen),
            *_accounts(stored.accounts),
            *_gauge("brake", "Messages are held back: by a person, or by a cap of the day.", _brakes(stored.stops)),
            *_gauge("channel_alarm", "An account is silent, stuck or failing.", told),
            *_gauge("raw_requests", "Callbacks that could not be applied.", raw),
            *_gauge("ledger_faults", "What should never be, at the last hourly count.", _ledger(stored.ledger)),
            *_gauge("configuration_version", "Number of the active configuration.", [({}, stored.version)]),
        ]
    return "\n".join([*lines, ""])


def _accounts(accounts: Iterable[AccountHealth]) -> list[str]:
    labelled = [({"account": one.id, "channel": one.channel}, one) for one in accounts]
    oldest = [(labels, one.oldest_waiting or 0) for labels, one in labelled]
    weights = [({"account": one.id}, one.weight) for _, one in labelled]
    return [
        *_gauge("last_in_timestamp_seconds", "Last message in.", [(ls, _unix(one.last_in)) for ls, one in labelled]),
        *_gauge("last_out_timestamp_seconds", "Last message out.", [(ls, _unix(one.last_out)) for ls, one in labelled]),
        *_gauge("outbox_waiting", "Messages that wait to leave.", [(ls, one.waiting) for ls, one in labelled]),
        *_gauge("outbox_oldest_waiting_seconds", "Age of the oldest message that waits to leave.", oldest),
        *_gauge("account_weight", "Share of its own messages that an account sends.", weights),
    ]


def _brakes(stops: Iterable[Stop]) -> list[Sample]:
    on = dict.fromkeys((ALL, *MessageClass), False) | {one.scope: True for one in stops}
    return [({"scope": scope}, held) for scope, held in on.items()]


def _alarms(accounts: Iterable[AccountHealth], alarms: Collection[Alarm]) -> list[Sample]:
    every = [Alarm(one.id, reason) for one in accounts for reason in Reason]
    return [({"account": one.account, "reason": one.reason}, one in alarms) for one in every]


def _ledger(ledger: Ledger | None) -> list[Sample]:
    return [({"check": name}, count) for name, count in ledger.counts.items()] if ledger else []


def _gauge(name: str, meaning: str, samples: Iterable[Sample]) -> list[str]:
    full = f"contactcentre_{name}"
    lines = [f"{full}{_labels(labels)} {float(value):.17g}" for labels, value in samples if value is not None]
    return [f"# HELP {full} {meaning}", f"# TYPE {full} gauge", *lines] if lines else []


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _unix(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
