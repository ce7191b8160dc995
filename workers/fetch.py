"""Fetches what gateways hold for us: so far their lists of what citizens wrote."""

from __future__ import annotations

from contactcentre import reconciliation
from workers.deliver import container_in_use

RECONCILE = "workers.fetch.reconcile"


def reconcile(account: str) -> int:
    """Compare an account's list with what we hold; returns how many messages had been missed."""
    container = container_in_use()
    container.jobs.started(RECONCILE, account)
    compared = reconciliation.reconcile(container, account, since=reconciliation.window(container))
    return compared.found if compared else 0
