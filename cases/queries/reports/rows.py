"""The rows behind a number: each thing that was counted, newest first, a page at a time by where the last one ended.

A number counts what its viewer may see the figures of; a case among it that they may not read stands there as a row
without its reference and its words. Cases that complain of the viewer are left out without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true, tuple_
from sqlalchemy.orm import aliased

from cases.errors import Invalid
from cases.figures.nights import AGES, OLDEST
from cases.figures.setting import Setting, setting_of
from cases.models import Case, FigureCase, FigureEntry, FigureFact, FigureOpen
from cases.permissions import names
from cases.queries import scope
from cases.queries.reports.asked import Asked
from cases.reports.values import Drill

PAGE = 50
#: entries of these are facts too, which say how long they took
_TIMED = ("first_response", "next_response", "first_resolution", "resolved", "leg")
MEASURES = frozenset(
    {
        *("opened", "contacts", "resolved", "reopened", "reopening", "closed", "rated", "first_contact", "single"),
        *("met", "breached", "waived", "backlog", *_TIMED),
    }
)


class Place(NamedTuple):
    """Where a page ends: what its last row is sorted by."""

    day: date
    case_id: int
    part: str
    number: int


@dataclass(frozen=True, slots=True)
class Found:
    """One row. Without a ``reference`` its case may not be read. ``business``: how long it took, in seconds of work."""

    place: Place
    at: datetime
    day: date
    department: str
    service: str
    channel: str
    area: str
    part: str
    reference: str | None
    subject: str | None
    status: str | None
    business: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, and where the next one begins; None at the end."""

    rows: Sequence[Found]
    next: Place | None


def rows(asked: Asked, drill: Drill, *, after: Place | None = None, limit: int = PAGE) -> Page:
    """Return the rows behind a number; raises ``Invalid`` for a measure that has none."""
    if drill.measure not in MEASURES:
        raise Invalid("There are no rows of this figure.", field="measure")
    asked = replace(asked, department=drill.department, service=drill.service, channel=drill.channel)
    query = _waiting(asked, drill, after) if drill.measure == "backlog" else _counted(asked, drill, after, limit + 1)
    if query is None:
        return Page((), None)
    found = [Found(Place(*row[-4:]), *row[:-4]) for row in asked.session.execute(query.limit(limit + 1))]
    return Page(found[:limit], found[limit - 1].place if len(found) > limit else None)


def _counted(asked: Asked, drill: Drill, after: Place | None, most: int) -> Select[Any] | None:
    """Return the entries as a query; each department's along its index, the first ones of each merged."""
    e = FigureEntry
    conditions = [*asked.of(e), e.measure == drill.measure, e.day.between(asked.since, asked.until)]
    for column, value in ((e.part, drill.part), (e.area, drill.area)):
        if value is not None:
            conditions.append(column == value)
    order = (e.day, e.case_id, e.part, e.number)
    if after is not None:
        conditions.append(tuple_(*order) < tuple_(*after))
    conditions += _not_of_the_viewer(asked, e.case_id)
    here = _departments(asked, drill)
    if not here or (drill.measure == "contacts" and drill.service is not None):
        return None  # contacts are added up without regard to services
    newest = (select(e).where(*conditions, e.department == one).order_by(*(o.desc() for o in order)) for one in here)
    parts = [one.limit(most).subquery() for one in newest]
    union = parts[0].select() if len(parts) == 1 else parts[0].select().union_all(*(one.select() for one in parts[1:]))
    x = aliased(FigureEntry, union.subquery())
    fact = and_(FigureFact.case_id == x.case_id, FigureFact.measure == x.measure, FigureFact.instance == x.number)
    query = select(
        x.at, x.day, x.department, x.service, x.channel, x.area, x.part, *_case(asked), FigureFact.business,
        x.day, x.case_id, x.part, x.number,
    )  # fmt: skip
    query = query.select_from(x).join(Case, Case.id == x.case_id).outerjoin(FigureFact, fact)
    return query.order_by(x.day.desc(), x.case_id.desc(), x.part.desc(), x.number.desc())


def _departments(asked: Asked, drill: Drill) -> Sequence[str]:
    """Return the departments that such entries stand under: only those, so that each is read along its index."""
    return sorted(department for (department,) in asked.sums("department", measures=[drill.measure]))


def _waiting(asked: Asked, drill: Drill, after: Place | None) -> Select[Any] | None:
    """Return the cases that were open at the end of the last night of the period, oldest first."""
    night, setting, o = asked.night(), setting_of(asked.city), FigureOpen
    if night is None:
        return None
    midnight = setting.midnight(night + timedelta(days=1))
    age = _age(setting, night)
    conditions = [*asked.of(o), o.since < midnight, or_(o.until.is_(None), o.until >= midnight)]
    if drill.part is not None:
        conditions.append(age == drill.part)
    if drill.area is not None:
        conditions.append(o.area == drill.area)
    if after is not None:
        conditions.append(tuple_(o.case_id, o.number) > tuple_(after.case_id, after.number))
    query = select(
        FigureCase.started_at, _day(setting, FigureCase.started_at), o.department, o.service, o.channel, o.area, age,
        *_case(asked), case((true(), None)), _day(setting, FigureCase.started_at), o.case_id, age, o.number,
    )  # fmt: skip
    query = query.select_from(o).join(Case, Case.id == o.case_id).join(FigureCase, FigureCase.case_id == o.case_id)
    conditions += _not_of_the_viewer(asked, o.case_id)
    return query.where(*conditions).order_by(o.case_id, o.number)


def _day(setting: Setting, at: Any) -> Any:
    return func.date(func.timezone(setting.zone.key, at))


def _age(setting: Setting, night: date) -> Any:
    days = night - _day(setting, FigureCase.started_at)
    return case(*((days <= most, part) for most, part in AGES), else_=OLDEST)


def _case(asked: Asked) -> tuple[Any, ...]:
    may = scope.visible(asked.viewer)
    return tuple(case((may, column), else_=None) for column in (Case.reference, Case.subject, Case.status))


def _not_of_the_viewer(asked: Asked, case_id: Any) -> list[ColumnElement[bool]]:
    named = aliased(Case)
    ours = sorted(names(asked.viewer))
    return [~exists().where(named.id == case_id, named.about.overlap(ours))] if ours else []
