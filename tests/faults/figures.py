"""What a fault run has found: its one line of figures, and which promises were kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Figures:
    """The line. Times are milliseconds of answered callbacks, or of messages from queued to taken where none came.

    ``recovery_s``: from the fault's end until all was well. ``rss_max``: the largest of our processes, in MB.
    """

    run: str
    offered: int = 0
    acked: int = 0
    stored: int = 0
    sent: int = 0
    delivered: int = 0
    dup: int = 0
    lost: int = 0
    stuck: int = 0
    p50: int = 0
    p95: int = 0
    p99: int = 0
    recovery_s: float = 0.0
    rss_max: int = 0
    seconds: float = 0.0
    #: further figures of this run
    more: dict[str, Any] = field(default_factory=dict)
    #: promises that were not kept, in words
    broken: list[str] = field(default_factory=list)

    def promise(self, words: str, held: bool, found: object = None) -> None:
        """Note a promise that was not kept."""
        if not held:
            self.broken.append(words if found is None else f"{words} (found: {found})")

    def times(self, seconds: Sequence[float]) -> None:
        """Take the percentiles of sorted times."""
        if seconds:
            self.p50, self.p95, self.p99 = (
                round(seconds[min(int(len(seconds) * share), len(seconds) - 1)] * 1000) for share in (0.5, 0.95, 0.99)
            )

    def said(self) -> str:
        """Return the further figures in one line."""
        return ", ".join(f"{name} {value}" for name, value in self.more.items())

    def line(self) -> str:
        """Return the one line."""
        shown = " ".join(f"{name} {getattr(self, name)}" for name in COLUMNS)
        return f"{self.run}: {shown}"


COLUMNS = (
    "offered", "acked", "stored", "sent", "delivered", "dup", "lost", "stuck", "p50", "p95", "p99",
    "recovery_s", "rss_max",
)  # fmt: skip


def table(rows: Sequence[Figures]) -> str:
    """Return all lines under one head, with the verdict and how long each run took."""
    head = ["run", *COLUMNS, "took", "verdict"]
    body = [
        [
            one.run,
            *(str(getattr(one, name)) for name in COLUMNS),
            f"{one.seconds:.0f} s",
            "BROKEN" if one.broken else "ok",
        ]
        for one in rows
    ]
    widths = [max(len(row[n]) for row in [head, *body]) for n in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [head, *body]
    ]
    return "\n".join(lines)


def write(path: Path, rows: Sequence[Figures]) -> None:
    """Write everything as JSON."""
    path.write_text(json.dumps([asdict(one) for one in rows], indent=1) + "\n", encoding="utf-8")
