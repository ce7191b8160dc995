"""Public holidays as they are kept: dated, each with its source, moved days and half days among them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cases.sla.calendar import SpecialDay, Window


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday. Where another day is ``observed`` instead, that one is closed and ``day`` is like any other.

    ``hours`` are the windows of a half day. ``estimated``: nobody has announced it yet, as of days by the moon.
    """

    day: date
    name: str
    source: str
    observed: date | None = None
    hours: tuple[Window, ...] = ()
    estimated: bool = False

    @property
    def kept(self) -> date:
        """The day that is closed for it."""
        return self.observed or self.day


def special_days(holidays: Iterable[Holiday]) -> Mapping[date, SpecialDay]:
    """Return what a calendar has instead of its weekly windows; of two holidays on one day the closed one counts."""
    found: dict[date, SpecialDay] = {}
    for one in holidays:
        if one.kept not in found or found[one.kept].windows:
            found[one.kept] = SpecialDay(one.kept, one.hours, one.name, one.source)
    return found
