"""How often a report is sent, of which days, and when next; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

RHYTHMS: Mapping[str, str] = {"weekly": "every Monday", "monthly": "every month", "quarterly": "every quarter"}
_MONTHS = {"monthly": 1, "quarterly": 3}


def next_day(rhythm: str, after: date) -> date:
    """Return the next day after ``after`` on which a report is sent: a Monday, or the first of a month or quarter."""
    if rhythm == "weekly":
        return after + timedelta(days=7 - after.weekday())
    step = _MONTHS[rhythm]
    return _first(after.year, (after.month - 1) // step * step + step)


def period(rhythm: str, day: date) -> tuple[date, date]:
    """Return the first and the last day of the week, month or quarter that ended before ``day``."""
    last = day - timedelta(days=1)
    if rhythm == "weekly":
        last = day - timedelta(days=day.weekday() + 1)
        return last - timedelta(days=6), last
    step = _MONTHS[rhythm]
    begins = _first(day.year, (day.month - 1) // step * step)
    return _first(begins.year, begins.month - 1 - step), begins - timedelta(days=1)


def _first(year: int, month: int) -> date:
    """Return the first of a month; ``month`` counts from 0 and may lie outside the year."""
    return date(year + month // 12, month % 12 + 1, 1)
