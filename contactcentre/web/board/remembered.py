"""What is read for some parts of a board alone, and remembered for a while for all who look."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from datetime import date, datetime
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from cases.calls import measures
from cases.calls.measures import Strip
from cases.departments import City
from cases.permissions import Action, Viewer, reach
from cases.queries import board_hours, likely
from cases.queries.board_hours import Day, Intake
from cases.queries.likely import Likely

#: seconds for which are remembered: the telephones of the house, the contacts of today, those of the weeks before
CALLS_LAST, HOURS_LAST, BEFORE_LAST = 1.0, 5.0, 600.0
LIKELY_LAST = 30.0
MOST_KEPT = 100
T = TypeVar("T")


class Lasting(Generic[T]):
    """A value that is read anew when it is too old; while one thread reads it, the others take the old one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def get(self, seconds: float, read: Callable[[], T]) -> T:
        """Return a value that is so many seconds old at most, or is being read anew by somebody else."""
        before = self._kept
        old = before is None or time.monotonic() - before[0] > seconds
        if old and self._lock.acquire(blocking=before is None):
            try:
                if self._kept is before:
                    self._kept = (time.monotonic(), read())
            finally:
                self._lock.release()
        assert self._kept is not None
        return self._kept[1]


class _Hours:
    """What came in on a day, and on those that it is compared with."""

    def __init__(self, day: date) -> None:
        self.day, self.today, self.before = day, Lasting[Day](), Lasting[Sequence[Day]]()


class Remembered:
    """What the boards of this process share."""

    def __init__(self) -> None:
        self._strip, self._hours = Lasting[Strip](), _Hours(date.min)
        self._likely: OrderedDict[Hashable, Lasting[Likely | None]] = OrderedDict()

    def strip(self, session: Session, city: City) -> Strip:
        """Return how the telephones stand; the figures tell of nobody, so everybody's boards share them."""
        zone = city.organisation.timezone
        return self._strip.get(CALLS_LAST, lambda: measures.now(session, zone=zone, terms=city.calls))

    def intake(self, session: Session, viewer: Viewer, only: Collection[str], local: datetime) -> Intake:
        """Return the contacts of a local day that a viewer's board counts, beside the usual ones."""
        if self._hours.day != local.date():  # at midnight everything begins anew
            self._hours = _Hours(local.date())
        of, day = self._hours, local.date()
        before = of.before.get(
            BEFORE_LAST, lambda: [board_hours.of_day(session, one) for one in board_hours.days_before(day)]
        )
        today = of.today.get(HOURS_LAST, lambda: board_hours.of_day(session, day))
        seen = [board_hours.seen(one, viewer, only) for one in before]
        return board_hours.intake(board_hours.seen(today, viewer, only), seen, hour=local.hour)

    def likely(self, session: Session, viewer: Viewer, only: Collection[str], *, city: City) -> Likely | None:
        """Return what is likely to be missed today; who steers the same departments shares it."""
        key = (reach(viewer, Action.STEER), tuple(only), city.version)
        kept = self._likely.setdefault(key, Lasting())
        while len(self._likely) > MOST_KEPT:
            self._likely.popitem(last=False)
        return kept.get(LIKELY_LAST, lambda: likely.today(session, viewer, city=city, only=only))
