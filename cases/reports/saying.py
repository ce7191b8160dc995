"""What a cell of a report says in words."""

from __future__ import annotations

from cases.reports.arithmetic import percent
from cases.reports.values import Cell, Unit

NOTHING = "–"


def said(cell: Cell) -> str:
    """Return a cell as people read it."""
    value = cell.value
    if value is None:
        return NOTHING
    match cell.unit:
        case Unit.SHARE:
            return percent(value)
        case Unit.SECONDS | Unit.WALL:
            return hours(value)
        case Unit.CHANGE:
            return f"{value * 100:+.0f} %"
    return f"{value:,.0f}"


def hours(seconds: float) -> str:
    """Return a length of time in hours and minutes: days of work are no days of the clock."""
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"
