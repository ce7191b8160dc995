"""The last leg of an account's test message: where this runs, the queue moves and the worker could send."""

from __future__ import annotations

from contactcentre import heartbeat
from workers.deliver import container_in_use


def beat(account: str) -> bool:
    """Write that the account's test message has come through; returns whether its channel could be used."""
    container = container_in_use()
    container.jobs.started(heartbeat.JOB, account)
    return heartbeat.arrived(container, account)
