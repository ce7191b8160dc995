"""``reconcile``: what the gateways hold and we do not."""

from __future__ import annotations

import re
from dataclasses import asdict

import click

from contactcentre import reconciliation
from contactcentre.cli.call import Call, Failed, with_call

_SPAN = re.compile(r"(\d+(?:\.\d+)?)([mhd])")
_HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0}


@click.command()
@click.option("--since", default="24h", show_default=True, help="How far back, such as 90m, 24h or 3d.")
@with_call
def reconcile(call: Call, since: str) -> None:
    """Read every gateway's own list and take in what its callbacks did not bring. Safe to repeat."""
    span = _SPAN.fullmatch(since)
    if span is None:
        raise Failed(f"--since: {since!r} is no length of time; write 90m, 24h or 3d")
    container = call.container
    start = reconciliation.window(container, float(span.group(1)) * _HOURS[span.group(2)])
    done = [reconciliation.reconcile(container, account, since=start) for account in container.account_settings]
    compared = [one for one in done if one is not None]
    call.show([asdict(one) for one in compared])
    ill = [one.account for one in compared if one.fault or one.failed]
    if ill:
        raise Failed(f"not everything could be compared or taken in: {', '.join(ill)}; the log says why")
