"""What counting knows of the city: the zone in which days begin, and the calendars by which time counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from cases.departments import City
from cases.dialogue_places import area_of
from cases.sla import reckoning, spans
from cases.sla.calendar import ALWAYS_OPEN, Calendar, Span
from cases.sla.policy import Unit
from cases.sla.spans import Piece

_SECOND = 1_000_000
_QUARTER = 15 * spans.MINUTE


@dataclass(frozen=True, slots=True)
class Lasted:
    """How long something took, in whole seconds; ``mark`` is the fingerprint of the calendar reckoned with."""

    wall: int
    business: int
    mark: str


@dataclass(frozen=True)
class Setting:
    """``fallback`` is the calendar of a case that was promised nothing: that of the first policy."""

    zone: ZoneInfo
    calendars: Mapping[str, Calendar]
    fallback: Calendar
    city: City

    def day(self, at: int) -> int:
        """Return the local day of an instant, as a proleptic ordinal."""
        # No zone differs from UTC by a fraction of a quarter of an hour, so that few instants have to be looked up.
        return _day(self.zone, at // _QUARTER)

    def hour(self, at: int) -> str:
        """Return the local hour of an instant, as two digits."""
        return _hour(self.zone, at // _QUARTER)

    def area(self, place: str) -> str:
        """Return the widest place no larger than an area around a place; empty where that is unknown."""
        found = area_of(self.city, place) if place else None
        return found.name if found else ""

    def date_of(self, at: datetime) -> date:
        """Return the local date of an instant."""
        return at.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """Return when a local day begins."""
        return datetime.combine(day, time(), self.zone)

    def lasted(self, calendar: str, since: int, until: int, away: Sequence[Piece] = ()) -> Lasted:
        """Return how long it was from one instant to another, without the pieces in which nothing was owed."""
        found, until = self.calendars.get(calendar, self.fallback), max(since, until)
        pieces = spans.union((max(start, since), min(end, until)) for start, end in away)
        wall = until - since - sum(end - start for start, end in pieces)
        pauses = [Span(spans.instant(start), spans.instant(end)) for start, end in pieces]
        business = reckoning.elapsed(
            found, Unit.MINUTES, started=spans.instant(since), until=spans.instant(until), pauses=pauses
        )
        return Lasted(wall // _SECOND, int(business.total_seconds()), found.fingerprint)


def setting_of(city: City) -> Setting:
    """Return what counting needs of a city."""
    first = city.policies[0].calendar if city.policies else ""
    fallback = city.calendars.get(first, ALWAYS_OPEN)
    return Setting(ZoneInfo(city.organisation.timezone), city.calendars, fallback, city)


@lru_cache(maxsize=8192)
def _day(zone: ZoneInfo, quarter: int) -> int:
    return spans.instant(quarter * _QUARTER).astimezone(zone).toordinal()


@lru_cache(maxsize=8192)
def _hour(zone: ZoneInfo, quarter: int) -> str:
    return f"{spans.instant(quarter * _QUARTER).astimezone(zone).hour:02d}"
