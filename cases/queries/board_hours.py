"""What came in by the hour, today and on the same weekday of the last four weeks, from the sums of the figures.

A day's sums are read whole, along their key, and what the viewer may not see is left out before anything is added up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.permissions import Viewer
from cases.queries.board import Place, shows

WEEKS = 4
HOURS = 24
_OF_DAY = text(
    """
    select department, confidential, channel, cast(part as int) as hour, cast(sum(count) as int) as number
      from figure_sum where day = :day and measure = 'contacts' group by 1, 2, 3, 4
    """
)
#: by channel and local hour
Hours = Mapping[tuple[str, int], int]
Day = Mapping[Place, Hours]


@dataclass(frozen=True, slots=True)
class Intake:
    """``today`` by channel and hour, ``usual`` the median of four same weekdays by hour."""

    today: Hours
    usual: Sequence[float]
    hour: int

    def at(self, hour: int) -> int:
        """Return how many came in an hour of today."""
        return sum(number for (_, of), number in self.today.items() if of == hour)


def of_day(session: Session, day: date) -> Day:
    """Return what came in on one local day, of all departments."""
    found: dict[Place, dict[tuple[str, int], int]] = defaultdict(dict)
    for row in session.execute(_OF_DAY, {"day": day}):
        found[Place(row.department, row.confidential)][row.channel, row.hour] = row.number
    return dict(found)


def seen(day: Day, viewer: Viewer, only: Collection[str] = ()) -> Hours:
    """Return of a day what a viewer's board counts, of these departments alone where any are named."""
    every = Counter[tuple[str, int]]()
    for place, hours in day.items():
        if shows(viewer, place, only):
            every.update(hours)
    return every


def days_before(today: date) -> Sequence[date]:
    """Return the days that today is compared with."""
    return [today - timedelta(weeks=weeks) for weeks in range(1, WEEKS + 1)]


def intake(today: Hours, before: Sequence[Hours], *, hour: int) -> Intake:
    """Put a day beside the days before it."""
    totals = [Counter[int]() for _ in before]
    for total, one in zip(totals, before, strict=True):
        for (_, at), number in one.items():
            total[at] += number
    usual = [float(median(total[at] for total in totals)) if totals else 0.0 for at in range(HOURS)]
    return Intake(today, usual, hour)
