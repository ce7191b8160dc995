"""Which cases a sample holds: chance that anybody can reckon again from its seed; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta

WEEK = timedelta(days=7)


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def draw(case_ids: Iterable[int], *, seed: str, size: int) -> list[int]:
    """Return ``size`` of these cases, or all where there are fewer, in the order in which chance has put them.

    The order is that of a hash over seed and case, so that no other case changes whether one is drawn before another.
    """
    return sorted(set(case_ids), key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).digest())[:size]
