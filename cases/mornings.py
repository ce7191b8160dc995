"""When work begins on a day: what "tomorrow morning" means by a working calendar; pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.sla.calendar import Calendar

#: when a morning begins where the calendar never closes
EARLY = time(8)


def morning(calendar: Calendar, day: date) -> datetime:
    """Return the first open instant of a local day or, where it is closed, of the next one that is not."""
    zone = ZoneInfo(calendar.zone)
    midnight = datetime.combine(day, time(), zone)
    opens = calendar.next_opening(midnight)
    return datetime.combine(day, EARLY, zone) if opens == midnight else opens


def tomorrow(calendar: Calendar, at: datetime, *, days: int = 1) -> datetime:
    """Return the morning of the first working day that lies at least so many local days after an instant."""
    return morning(calendar, at.astimezone(ZoneInfo(calendar.zone)).date() + timedelta(days=days))
