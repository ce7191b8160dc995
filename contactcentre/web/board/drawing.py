"""Drawing a board once for all who look at it: a page is made anew when its numbers are newer, once a second at most.

What a board shows follows from whose cases it counts, how it is laid out, and how late its numbers are; twenty walls
with one reach cost little more than one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cases.calls import measures
from cases.calls.measures import Strip
from cases.departments import City
from cases.queries import board_hours
from cases.queries.board_hours import Hours, Intake

#: seconds that what was drawn is shown again while nothing new was counted
LASTS = 1.0
#: seconds that the telephones of the whole house are shown again, whoever looks
CALLS_LAST = 1.0
#: seconds that the contacts of today are shown again, which read messages themselves
HOURS_LAST = 20.0
MOST_KEPT = 200


@dataclass(slots=True)
class _Drawn:
    """What was drawn, of which state of the numbers, and when by the database's clock and by this process's."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Hashable = None
    html: str = ""
    at: datetime | None = None
    made: float = 0.0


class Drawings:
    """What was drawn by this process; one thread draws a board while the others that want it wait."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Drawn] = OrderedDict()
        self._lock = threading.Lock()
        self._days: dict[date, Hours] = {}
        self._today: tuple[date, float, Hours] | None = None
        self._strip: tuple[float, Strip] | None = None

    def get(self, key: Hashable, version: Hashable, draw: Callable[[], tuple[str, datetime]]) -> tuple[str, datetime]:
        """Return a board and the instant that it is now, drawing it where it is older than its numbers."""
        entry = self._entry(key)
        with entry.lock:
            if entry.at is None or entry.version != version or time.monotonic() - entry.made > LASTS:
                entry.html, entry.at = draw()
                entry.version, entry.made = version, time.monotonic()
            return entry.html, entry.at + timedelta(seconds=time.monotonic() - entry.made)

    def strip(self, session: Session, city: City) -> Strip:
        """Return how the telephones stand; the figures tell of nobody, so everybody's boards share them."""
        if self._strip is None or time.monotonic() - self._strip[0] > CALLS_LAST:
            read = measures.now(session, zone=city.organisation.timezone, terms=city.calls)
            self._strip = (time.monotonic(), read)
        return self._strip[1]

    def intake(self, session: Session, at: datetime, zone: ZoneInfo) -> Intake:
        """Return the contacts of today beside the usual ones; days that are over are read once."""
        local = at.astimezone(zone)
        today = local.date()
        if self._today is None or self._today[0] != today or time.monotonic() - self._today[1] > HOURS_LAST:
            self._today = (today, time.monotonic(), board_hours.of_day(session, today, zone=zone))
        before = board_hours.days_before(today)
        self._days = {
            day: self._days[day] if day in self._days else board_hours.of_day(session, day, zone=zone) for day in before
        }
        return board_hours.intake(self._today[2], [self._days[day] for day in before], hour=local.hour)

    def _entry(self, key: Hashable) -> _Drawn:
        with self._lock:
            entry = self._kept.setdefault(key, _Drawn())
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return entry
