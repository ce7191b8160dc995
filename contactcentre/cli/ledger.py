"""``ledger``: what should never be, counted now."""

from __future__ import annotations

import click

from contactcentre import ledger_check
from contactcentre.cli.call import Call, Failed, with_call


@click.command()
@with_call
def ledger(call: Call) -> None:
    """Count messages, entries, callbacks and histories that do not fit together; exit code 1 where there are any."""
    found = ledger_check.count(call.container)
    if call.as_json:
        call.show_json({"at": found.at, "even": found.even, "counts": found.counts})
    else:
        call.show([{"what": name, "count": number} for name, number in found.counts.items()])
    uneven = [name for name, number in found.counts.items() if number]
    if uneven:
        raise Failed(f"not 0: {', '.join(uneven)}; docs/operations.md says what each of them means")
