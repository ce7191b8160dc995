"""What came in by the hour, today and on the same weekday of the last four weeks.

Read from the messages and calls themselves until figures count contacts: a day at a time, at most so many of each, so
that no day however wild makes a board wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

#: of one day and one kind; a day with more is cut, and says so
MOST = 50_000
WEEKS = 4
HOURS = 24
_OF_DAY = text(
    """
    select channel, cast(extract(hour from at at time zone :zone) as int) as hour, count(*) as number
      from ((select channel, created_at as at from message
              where created_at >= :since and created_at < :until and direction = 'in' and channel <> 'voice'
              order by created_at limit :most)
            union all
            (select 'voice', started_at from phone_call
              where started_at >= :since and started_at < :until and direction = 'in'
              order by started_at limit :most)) c
     group by 1, 2
    """
)
#: by channel and local hour
Hours = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Intake:
    """``today`` by channel and hour, ``usual`` the median of four same weekdays by hour; ``cut``: there was more."""

    today: Hours
    usual: Sequence[float]
    hour: int
    cut: bool

    def at(self, hour: int) -> int:
        """Return how many came in an hour of today."""
        return sum(number for (_, of), number in self.today.items() if of == hour)


def of_day(session: Session, day: date, *, zone: ZoneInfo) -> Hours:
    """Return what came in on one local day."""
    since, until = (datetime.combine(one, time(), tzinfo=zone) for one in (day, day + timedelta(days=1)))
    values = {"since": since, "until": until, "zone": zone.key, "most": MOST}
    return {(row.channel, row.hour): row.number for row in session.execute(_OF_DAY, values)}


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
    return Intake(today, usual, hour, cut=sum(today.values()) >= MOST)
