"""Runs of days whose sums are kept as one, weeks and eight weeks, so that a year is read from few rows; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

DAY, WEEK, EIGHT_WEEKS = 1, 7, 56
#: longest first
RUNS = (EIGHT_WEEKS, WEEK)
#: stands for all services, and for all channels, together: who asks for neither reads few rows, days among them
EVERY = "*"


def begins(day: int, days: int) -> int:
    """Return the first day of the run of so many days in which a day lies, as ordinals: ordinal 1 is a Monday."""
    return day - (day - 1) % days


def covering(since: date, until: date, lengths: Sequence[int] = (*RUNS, DAY)) -> Mapping[int, Sequence[date]]:
    """Return the runs that make up the days of a period, both included: the first day of each, by how long they are.

    ``lengths`` are those that may be used, longest first; the last is a day.
    """
    found: dict[int, list[date]] = {days: [] for days in lengths}
    day, last = since.toordinal(), until.toordinal()
    while day <= last:
        days = next(one for one in lengths if begins(day, one) == day and day + one - 1 <= last)
        found[days].append(date.fromordinal(day))
        day += days
    return found
