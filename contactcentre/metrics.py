"""The facts of /health as Prometheus reads them (text format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from contactcentre.health import AccountHealth, Health

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
        lines += [
            *_gauge("process_up", "The process gave a sign of life within 30 seconds.", alive),
            *_gauge("process_seen_timestamp_seconds", "Last sign of life.", seen),
            *_accounts(stored.accounts),
            *_gauge("raw_requests", "Callbacks that could not be applied.", raw),
            *_gauge("configuration_version", "Number of the active configuration.", [({}, stored.version)]),
        ]
    return "\n".join([*lines, ""])


def _accounts(accounts: Iterable[AccountHealth]) -> list[str]:
    labelled = [({"account": one.id, "channel": one.channel}, one) for one in accounts]
    oldest = [(labels, one.oldest_waiting or 0) for labels, one in labelled]
    return [
        *_gauge("last_in_timestamp_seconds", "Last message in.", [(ls, _unix(one.last_in)) for ls, one in labelled]),
        *_gauge("last_out_timestamp_seconds", "Last message out.", [(ls, _unix(one.last_out)) for ls, one in labelled]),
        *_gauge("outbox_waiting", "Messages that wait to leave.", [(ls, one.waiting) for ls, one in labelled]),
        *_gauge("outbox_oldest_waiting_seconds", "Age of the oldest message that waits to leave.", oldest),
    ]


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
