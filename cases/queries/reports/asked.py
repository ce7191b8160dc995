"""What a report is asked for, and the numbers behind it; every query begins with what the viewer may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, select, text, tuple_
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.figures.projecting import NAME
from cases.figures.setting import setting_of
from cases.models import Cursor, FigureArea, FigureEntry, FigureFact, FigureOpen, FigureSum
from cases.permissions import Viewer
from cases.queries.figures import LONGEST, USUAL, Spread, departments, last_night, seen
from cases.reports.values import By

Counts = Mapping[tuple[Any, ...], int]
Model = type[FigureSum | FigureArea | FigureFact | FigureEntry | FigureOpen]
#: what waits no longer than this is counted in the next turns
SOON = timedelta(minutes=1)
#: when the first event happened that is not counted yet, where there is one
_BEHIND = text(
    """
    select e.at from projection_cursor c
      join lateral (select at from event where (xid, id) > (cast(cast(c.xid as text) as xid8), c.event_id)
                     order by event.xid, id limit 1) e on true
     where c.name = :name
    """
)


@dataclass(slots=True)
class Timed:
    """How long one thing took: by department, service, channel or area, and all together; None where there was none."""

    parts: dict[str, Spread]
    whole: Spread | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A period of local days, both included, and what of it. None is all."""

    session: Session
    viewer: Viewer
    city: City
    since: date
    until: date
    by: By = By.DEPARTMENT
    department: str | None = None
    service: str | None = None
    channel: str | None = None

    def sums(self, *by: Any, measures: Sequence[str], day: date | None = None) -> Counts:
        """Add up sums by some columns of :class:`FigureSum`: of the period, or of one day."""
        return self._sums(FigureSum, by, measures, day)

    def broken_down(self, *by: Any, measures: Sequence[str], day: date | None = None) -> Counts:
        """Add up sums by what the report is broken down by, then by other columns (named by their names)."""
        model: Model = FigureArea if self.by is By.AREA else FigureSum
        columns = [getattr(model, self.by.value), *(getattr(model, one) for one in by)]
        return self._sums(model, columns, measures, day)

    def weekly(self, *by: str, measures: Sequence[str]) -> Mapping[tuple[Any, ...], Mapping[date, int]]:
        """Add up sums by some columns, then by week (its Monday)."""
        week = cast(func.date_trunc("week", FigureSum.day), Date)
        found: dict[tuple[Any, ...], dict[date, int]] = {}
        for key, count in self.sums(*(getattr(FigureSum, one) for one in by), week, measures=measures).items():
            found.setdefault(key[:-1], {})[key[-1]] = count
        return found

    def worked(self, *by: Any, measures: Sequence[str]) -> Mapping[tuple[Any, ...], int]:
        """Add up the seconds of work of things that took time, by some columns of :class:`FigureFact`."""
        query = select(*by, func.sum(FigureFact.business)).where(*self._facts(measures)).group_by(*by)
        return {tuple(row[:-1]): int(row[-1]) for row in self.session.execute(query)}

    def timed(self, *measures: str) -> Mapping[str, Timed]:
        """Return how long things took, all together and by what the report is broken down by, in one look at them."""
        part = getattr(FigureFact, self.by.value)
        sets = func.grouping_sets(tuple_(FigureFact.measure, part), tuple_(FigureFact.measure))
        shares = [0.5, 0.9]
        columns = [func.percentile_cont(shares).within_group(one) for one in (FigureFact.business, FigureFact.wall)]
        totals = (func.count(), *columns, func.sum(FigureFact.business), func.sum(FigureFact.wall))
        query = select(FigureFact.measure, part, func.grouping(part), *totals).where(*self._facts(measures))
        found: dict[str, Timed] = {}
        for measure, key, is_whole, *spread in self.session.execute(query.group_by(sets)):
            one = found.setdefault(measure, Timed({}))
            if is_whole:
                one.whole = _spread(*spread)
            else:
                one.parts[key] = _spread(*spread)
        return found

    def night(self) -> date | None:
        """Return the last day of the period at whose end it was counted what waited."""
        return last_night(self.session, self.since, self.until)

    def of(self, model: Model) -> list[ColumnElement[bool]]:
        """Return the conditions on a table of figures: what the viewer may see, and what was asked for."""
        found = [seen(model, self.viewer, self.department)]
        for name in ("service", "channel"):
            asked = getattr(self, name)
            if asked is not None and hasattr(model, name):
                found.append(getattr(model, name) == asked)
        return found

    def behind(self) -> datetime | None:
        """Return since when events wait to be counted; None where none has waited for long."""
        since: datetime | None = self.session.execute(_BEHIND, {"name": NAME}).scalar_one_or_none()
        return since if since is not None and since < clock.now(self.session) - SOON else None

    def counted_at(self) -> datetime | None:
        """Return when something was counted last."""
        return self.session.scalar(select(Cursor.moved_at).where(Cursor.name == NAME))

    def _facts(self, measures: Sequence[str]) -> list[ColumnElement[bool]]:
        days = FigureFact.day.between(self.since, self.until)
        return [*self.of(FigureFact), FigureFact.measure.in_(measures), days]

    def _sums(self, model: Any, by: Sequence[Any], measures: Sequence[str], day: date | None) -> Counts:
        days = model.day == day if day else model.day.between(self.since, self.until)
        query = select(*by, func.sum(model.count)).where(*self.of(model), days, model.measure.in_(measures))
        rows = self.session.execute(query.group_by(*by) if by else query)
        return {tuple(row[:-1]): int(row[-1] or 0) for row in rows if row[-1]}


def _spread(count: int, business: Sequence[float], wall: Sequence[float], worked: int, passed: int) -> Spread:
    return Spread(count, business[0], business[1], wall[0], wall[1], int(worked), int(passed))


def ask(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    since: date | None = None,
    until: date | None = None,
    by: By = By.DEPARTMENT,
    department: str | None = None,
    service: str | None = None,
    channel: str | None = None,
) -> Asked:
    """Return what is asked for, by default the last thirty days.

    Raises ``Invalid`` for days that make no period and for an area's sums of one service or channel, which nobody has;
    ``NotFound`` for a department whose figures the viewer may not see.
    """
    today = setting_of(city).date_of(clock.now(session))
    until = until or (today if since is None or since <= today else since)
    since = since or until - USUAL
    if not since <= until < since + LONGEST:
        raise Invalid(f"The first day must not lie after the last, nor {LONGEST.days} days before it.", field="from")
    if department is not None and department not in dict(departments(viewer, city)):
        raise NotFound("There is no such department, or none whose figures you may see.", field="department")
    if by is By.AREA and (service is not None or channel is not None):
        raise Invalid("By area there are no figures of one service or channel: choose all of them.", field="by")
    return Asked(session, viewer, city, since, until, by, department, service, channel)
