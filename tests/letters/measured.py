"""The product's own readings, with how much memory their processes took."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from channels.letters import apart

PAGES, WORDS = "tests.letters.measured:pages", "tests.letters.measured:words"
PREPARE = apart.PREPARE


def pages(source: Path, into: Path) -> dict[str, Any]:
    return {**apart.pages(source, into), "peak_kb": peak()}


def words(source: Path, into: Path) -> dict[str, Any]:
    return {**apart.words(source, into), "peak_kb": peak()}


def peak() -> int:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
