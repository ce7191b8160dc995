"""What goes wrong with mail: connections, mailboxes, poison, giants, loops and forgers, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.faults import mail_cuts, mail_giants, mail_loops, mail_poison
from tests.faults.figures import Figures
from tests.faults.stage import clear

_PARTS: dict[str, Callable[..., None]] = {
    "cuts": mail_cuts.cut,
    "anew": mail_cuts.anew,
    "poison": mail_poison.poison,
    "giants": mail_giants.giants,
    "many": mail_giants.many,
    "wired": mail_loops.wired,
    "robots": mail_loops.robots,
    "forged": mail_loops.forged,
}


def mail(folder: Path, short: bool) -> Figures:
    """Mail: connections cut, mailboxes made anew, poison, giants, machines that answer, forged answers."""
    found = Figures("mail")
    took: dict[str, int] = {}
    for name, part in _PARTS.items():
        began, broken = time.monotonic(), len(found.broken)
        part(folder / name, found, short=short)
        took[name] = round(time.monotonic() - began)
        if len(found.broken) == broken:
            clear(folder / name)
    found.more["seconds"] = took
    return found
