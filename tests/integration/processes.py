"""Finds what a product or an engine on one data folder has left running."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def of(data: Path) -> list[int]:
    """Return the processes that name ``data`` in their command line or environment, or work in it."""
    wanted = os.fsencode(data)
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _names(entry, wanted)]


def _names(entry: Path, wanted: bytes) -> bool:
    try:
        if int(entry.name) == os.getpid() or (entry / "stat").read_text().rsplit(") ", 1)[1].startswith("Z"):
            return False
        texts = [(entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()]
        return any(wanted in text for text in [*texts, os.fsencode((entry / "cwd").readlink())])
    except OSError:
        return False


def eventually(condition: Callable[[], object], *, seconds: float) -> bool:
    """Wait until ``condition`` holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
