"""Figures of a period, of the departments whose figures the viewer may see, without the cases that they may not read.

Every sum and every fact says whether its case is confidential. For who may not read those of a department they are left
out before anything is added up: no figure holds them, so none gives them away, however small it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.figures.nights import AGES, OLDEST
from cases.figures.projecting import NAME
from cases.figures.setting import setting_of
from cases.models import Cursor, FigureSum
from cases.permissions import ANY_DEPARTMENT, Action, Depth, Viewer, reach
from cases.queries.lengths import Period
from cases.queries.runs import of_sums
from cases.queries.spreads import Spread, Timed
from cases.sla.timers import TimerKind

LONGEST = timedelta(days=1100)
USUAL = timedelta(days=29)
#: facts by the figure that they are shown as
TIMES = {
    "first_response": "first_response",
    "next_response": "next_response",
    "first_resolution": "first_resolution",
    "resolved": "resolution",
}
_PROMISES = ("met", "breached", "waived")
_COUNTED = ("opened", "resolved", "closed", "reopened")


@dataclass(frozen=True, slots=True)
class Attainment:
    """Promises of one kind. ``department`` is empty for the tray, None for all together; ``standing`` is at a night."""

    kind: str
    department: str | None
    met: int = 0
    breached: int = 0
    waived: int = 0
    standing: int = 0

    @property
    def share(self) -> float | None:
        """Met of met and broken; None where there was neither."""
        return self.met / (self.met + self.breached) if self.met + self.breached else None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the local days from ``since`` to ``until``, both included; ``department`` None: of all together.

    ``night`` is the last day at whose end backlog and standing still were counted, None if there is none in the period.
    """

    since: date
    until: date
    department: str | None
    counted_at: datetime | None
    opened: int
    resolved: int
    closed: int
    reopened: int
    times: Mapping[str, Spread]
    attainment: Sequence[Attainment]
    legs: Mapping[str, Spread]
    night: date | None
    backlog: Mapping[str, int] = field(default_factory=dict)

    @property
    def reopen_rate(self) -> float | None:
        """Resolutions that did not last, of all; None where there was none."""
        every = self.resolved + self.reopened
        return self.reopened / every if every else None

    def of_kind(self, kind: str) -> Sequence[Attainment]:
        """Return what became of one kind of promise, all departments together first."""
        return [one for one in self.attainment if one.kind == kind]

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of promises of which there is anything to say."""
        return list(dict.fromkeys(one.kind for one in self.attainment))


def of_period(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    since: date | None = None,
    until: date | None = None,
    department: str | None = None,
) -> Figures:
    """Return the figures of a period, by default of the last thirty days.

    Raises ``Invalid`` for days that make no period, ``NotFound`` for a department whose figures the viewer may not see.
    """
    today = setting_of(city).date_of(clock.now(session))
    until = until or (today if since is None or since <= today else since)
    since = since or until - USUAL
    if not timedelta() <= until - since < LONGEST:
        raise Invalid(f"The first day must not lie after the last, nor {LONGEST.days} days before it.", field="from")
    if department is not None and department not in dict(departments(viewer, city)):
        raise NotFound("There is no such department, or none whose figures you may see.", field="department")
    asked = _Asked(session, viewer, since, until, department)
    counted = asked.sums("measure", measures=_COUNTED)
    night = last_night(session, since, until)
    return Figures(
        since=since,
        until=until,
        department=department,
        counted_at=session.scalar(select(Cursor.moved_at).where(Cursor.name == NAME)),
        **{measure: counted.get((measure,), 0) for measure in _COUNTED},
        times=asked.times(),
        attainment=asked.attainment(night),
        legs=asked.legs(),
        night=night,
        backlog=asked.backlog(night) if night else {},
    )


def departments(viewer: Viewer, city: City) -> Sequence[tuple[str, str]]:
    """Return the departments whose figures the viewer may see: key and name, by name."""
    within = {department for department, _ in reach(viewer, Action.FIGURES)}
    every = sorted(city.departments.values(), key=lambda one: one.name)
    return [(one.key, one.name) for one in every if ANY_DEPARTMENT in within or one.key in within]


def last_night(session: Session, since: date, until: date) -> date | None:
    """Return the last day of a period at whose end it was counted what waited."""
    last = select(func.max(FigureSum.day)).where(FigureSum.measure == "night", FigureSum.day.between(since, until))
    return session.scalar(last)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for; every query begins with what the viewer may see."""

    session: Session
    viewer: Viewer
    since: date
    until: date
    department: str | None

    def sums(self, *by: str, measures: Sequence[str], night: date | None = None) -> Mapping[tuple[str, ...], int]:
        """Add up sums by some columns: of the period, or of one night."""
        x = of_sums(FigureSum, night or self.since, night or self.until, together=night is None)
        columns = [getattr(x, one) for one in by]
        query = select(*columns, func.sum(x.count)).where(*self._seen(x), x.measure.in_(measures)).group_by(*columns)
        return {tuple(row[:-1]): int(row[-1]) for row in self.session.execute(query)}

    def times(self) -> Mapping[str, Spread]:
        """Return how long answers and resolutions took."""
        found = self._period.timed("department", *TIMES)
        return {TIMES[one]: found[one].whole for one in TIMES if one in found and found[one].whole}  # type: ignore[misc]

    def legs(self) -> Mapping[str, Spread]:
        """Return how long each department had cases, who took the most time first."""
        found = self._period.timed("department", "leg").get("leg", Timed({})).parts
        return dict(sorted(found.items(), key=lambda one: (-one[1].total_business, one[0])))

    def attainment(self, night: date | None) -> Sequence[Attainment]:
        """Return what became of promises, by kind: all together, then by department."""
        by = ("part", "department", "measure")
        counted = dict(self.sums(*by, measures=_PROMISES))
        if night:
            counted |= self.sums(*by, measures=["standing"], night=night)
        kinds: dict[str, dict[str | None, dict[str, int]]] = {}
        for (kind, department, measure), number in counted.items():
            for row in (None, department):
                cell = kinds.setdefault(kind, {}).setdefault(row, dict.fromkeys((*_PROMISES, "standing"), 0))
                cell[measure] += number
        order = [kind.value for kind in TimerKind]
        known = sorted(kinds, key=lambda kind: (order.index(kind) if kind in order else len(order), kind))
        return [
            Attainment(kind, row, **kinds[kind][row])
            for kind in known
            for row in sorted(kinds[kind], key=lambda row: (row is not None, row or ""))
            if any(kinds[kind][row].values())
        ]

    def backlog(self, night: date) -> Mapping[str, int]:
        """Return the cases that waited at the end of a day, by age."""
        found = self.sums("part", measures=["backlog"], night=night)
        return {part: found.get((part,), 0) for part in (*(part for _, part in AGES), OLDEST)}

    @property
    def _period(self) -> Period:
        return Period(self.session, self.since, self.until, self._seen)

    def _seen(self, table: Any) -> Sequence[ColumnElement[bool]]:
        return [seen(table, self.viewer, self.department)]


def seen(table: Any, viewer: Viewer, department: str | None) -> ColumnElement[bool]:
    """Return the condition on a table of figures that the viewer may see its row; of one department, or of all."""
    grants = reach(viewer, Action.FIGURES)
    within = or_(false(), *(_place(table, *one) for one in sorted(grants)))
    return within if department is None else and_(within, table.department == department)


def _place(table: Any, department: str, depth: Depth) -> ColumnElement[bool]:
    # As with cases, the tray is everybody's; nothing confidential is ever in it.
    place = true() if department == ANY_DEPARTMENT else table.department.in_([department, ""])
    return place if depth is Depth.EVERY else and_(place, ~table.confidential)
