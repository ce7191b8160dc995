"""What a process and those that it forked take: their own memory and shares of the common one, and processor time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from contactcentre.engines import process

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Weight:
    """``cpu`` in seconds since the processes began, ``pss`` in megabytes (shared pages divided among their users)."""

    cpu: float
    pss: float


def weigh(pid: int) -> Weight:
    """Weigh a process with its children."""
    family = [pid, *process.children_of(pid)]
    return Weight(sum(map(_cpu, family)), sum(map(_pss, family)))


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
