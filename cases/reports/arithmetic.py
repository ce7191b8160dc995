"""The arithmetic of reports: shares, weeks, and what stands out; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

#: how much longer than everybody's time is flagged in the report on equity
UNFAIR = 0.2
#: fewer than this many cases say nothing of a place
FEW = 5


def share(part: float, whole: float) -> float | None:
    """Return a part of a whole; None where there is no whole."""
    return part / whole if whole else None


def percent(part: float | None) -> str:
    """Return a share in per cent; never rounded up to all, nor down to nothing."""
    if part is None:
        return "–"
    if 0 < part < 0.001 or 0.999 < part < 1:
        return "< 0.1 %" if part < 0.5 else "> 99.9 %"
    return f"{part * 100:.1f} %"


def above(one: float | None, all_of_them: float | None) -> float | None:
    """Return how much more one is than another, as a share of that; None where either is missing or nothing."""
    return one / all_of_them - 1 if one is not None and all_of_them else None


def unfair(change: float | None, count: int) -> str:
    """Return why a time stands out; empty where it does not, or where too few cases speak."""
    return (
        f"more than {UNFAIR * 100:.0f} % above all" if change is not None and change > UNFAIR and count >= FEW else ""
    )


def weeks(since: date, until: date) -> tuple[date, ...]:
    """Return the Mondays of the weeks in which days of a period lie."""
    first = since - timedelta(days=since.weekday())
    return tuple(first + timedelta(days=7 * number) for number in range((until - first).days // 7 + 1))


def shares_by(of: Sequence[date], part: Mapping[date, int], whole: Mapping[date, int]) -> tuple[float | None, ...]:
    """Return the share of each week."""
    return tuple(share(part.get(week, 0), whole.get(week, 0)) for week in of)
