"""Rates and percentiles, and how they are printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured rate. ``seconds`` are the times of single operations, sorted; empty where only a rate was taken."""

    name: str
    rate: float
    seconds: Sequence[float] = field(default=(), repr=False)

    def at(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        return self.seconds[min(int(len(self.seconds) * share), len(self.seconds) - 1)] * 1000 if self.seconds else 0.0


class Report:
    """What a run has measured so far; printed as it comes, written as JSON at the end."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def show(self, bench: str, figure: Figure, *limits: Figure, unit: str = "/s") -> None:
        """Print a figure beside its limits and the ratio to each."""
        row = {"bench": bench, "name": figure.name, "rate": round(figure.rate, 1), "unit": unit}
        words = f"{bench:8} {figure.name:46} {figure.rate:9.1f}{unit}"
        if figure.seconds:
            p50, p95, p99 = (figure.at(share) for share in (0.5, 0.95, 0.99))
            row |= {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "p99_ms": round(p99, 2)}
            words += f"  p50 {p50:6.2f} p95 {p95:6.2f} p99 {p99:6.2f} ms"
        for limit in limits:
            ratio = figure.rate / limit.rate if limit.rate else 0.0
            row.setdefault("limits", []).append(
                {"name": limit.name, "rate": round(limit.rate, 1), "ratio": round(ratio, 3)}
            )
            words += f"  | {limit.name} {limit.rate:.0f}{unit}, ratio {ratio:.2f}"
        self.rows.append(row)
        print(words, flush=True)

    def say(self, words: str, **values: Any) -> None:
        """Print a remark and keep its values."""
        self.rows.append({"remark": words, **values})
        print(words, flush=True)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(self.rows, indent=1, default=asdict) + "\n", encoding="utf-8")
