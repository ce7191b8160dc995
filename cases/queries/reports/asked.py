"""What a report is asked for, and the numbers behind it; every query begins with what the viewer may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.figures.projecting import NAME
from cases.figures.runs import DAY, WEEK, begins
from cases.figures.setting import setting_of
from cases.models import Cursor, FigureArea, FigureSum
from cases.permissions import Viewer
from cases.queries.figures import LONGEST, USUAL, departments, last_night, seen
from cases.queries.lengths import Period
from cases.queries.runs import ALL, of_sums
from cases.queries.spreads import Timed
from cases.reports.values import By

Counts = Mapping[tuple[Any, ...], int]
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

    def sums(self, *by: str, measures: Sequence[str], day: date | None = None) -> Counts:
        """Add up sums by some columns of :class:`FigureSum`, named: of the period, or of one day."""
        return self._sums(FigureSum, by, measures, day)

    def broken_down(self, *by: str, measures: Sequence[str], day: date | None = None) -> Counts:
        """Add up sums by what the report is broken down by, then by other columns."""
        return self._sums(FigureArea if self.by is By.AREA else FigureSum, (self.by.value, *by), measures, day)

    def daily(self, *by: str, measures: Sequence[str]) -> Counts:
        """Add up sums by some columns, then by day."""
        return self._sums(FigureSum, (*by, "day"), measures, None, lengths=(DAY,))

    def weekly(self, *by: str, measures: Sequence[str]) -> Mapping[tuple[Any, ...], Mapping[date, int]]:
        """Add up sums by some columns, then by week (its Monday)."""
        found: dict[tuple[Any, ...], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for (*key, day), count in self._sums(FigureSum, (*by, "day"), measures, None, lengths=(WEEK, DAY)).items():
            found[tuple(key)][date.fromordinal(begins(day.toordinal(), WEEK))] += count
        return found

    def worked(self, *by: str, measures: Sequence[str]) -> Mapping[tuple[Any, ...], int]:
        """Add up the seconds of work of things that took time, by some columns."""
        return self._period.worked(*by, measures=measures)

    def timed(self, *measures: str) -> Mapping[str, Timed]:
        """Return how long things took, all together and by what the report is broken down by."""
        return self._period.timed(self.by.value, *measures)

    def night(self) -> date | None:
        """Return the last day of the period at whose end it was counted what waited."""
        return last_night(self.session, self.since, self.until)

    def of(self, model: Any) -> list[ColumnElement[bool]]:
        """Return the conditions on a table of figures: what the viewer may see, and what was asked for."""
        return [*self._seen(model), *self._narrowed(model)]

    def behind(self) -> datetime | None:
        """Return since when events wait to be counted; None where none has waited for long."""
        since: datetime | None = self.session.execute(_BEHIND, {"name": NAME}).scalar_one_or_none()
        return since if since is not None and since < clock.now(self.session) - SOON else None

    def counted_at(self) -> datetime | None:
        """Return when something was counted last."""
        return self.session.scalar(select(Cursor.moved_at).where(Cursor.name == NAME))

    @property
    def _period(self) -> Period:
        return Period(self.session, self.since, self.until, self._seen, self._narrowed)

    def _seen(self, model: Any) -> list[ColumnElement[bool]]:
        return [seen(model, self.viewer, self.department)]

    def _narrowed(self, model: Any) -> list[ColumnElement[bool]]:
        asked = {"service": self.service, "channel": self.channel}
        return [getattr(model, one) == key for one, key in asked.items() if key is not None and hasattr(model, one)]

    def _sums(
        self, model: Any, by: Sequence[str], measures: Sequence[str], day: date | None, lengths: Sequence[int] = ALL
    ) -> Counts:
        split = {"service", "channel"}.intersection(by) or self._narrowed(FigureSum)
        together = model is FigureSum and not day and not split
        x = of_sums(model, day or self.since, day or self.until, lengths=lengths, together=together)
        columns = [getattr(x, one) for one in by]
        query = select(*columns, func.sum(x.count)).where(*self.of(x), x.measure.in_(measures))
        rows = self.session.execute(query.group_by(*columns) if columns else query)
        return {tuple(row[:-1]): int(row[-1] or 0) for row in rows if row[-1]}


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
