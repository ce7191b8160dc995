"""The forecast of today for who steers: the cases with a deadline today, and the people who may work on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import Session

from cases import clock, rota
from cases.departments import City
from cases.errors import NotFound
from cases.forecast.handling import ANSWER, ENDING, Handling, Lately, handling, sort_of
from cases.forecast.moving import Looked, look
from cases.forecast.planning import Plan, plan
from cases.forecast.values import Hand, Move, Work
from cases.models import Case
from cases.permissions import ANY_DEPARTMENT, Action, Depth, Viewer, reach
from cases.queries.hands import CONFIDENTIAL, hands_of
from cases.queries.lately import lately
from cases.queries.narrowing import DUE_ORDER, ONLY_LIVE
from cases.queries.scope import visible
from cases.together import first

#: cases of one department that a forecast looks at, those due soonest; others of its people; overdue ones counted
MOST, MOST_OTHERS, MOST_COUNTED = 300, 1000, 100
#: of a case that is not shown: nobody is given any of these
_ELSEWHERE = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """A case of a forecast as its page names it; ``version`` is what a move must still find."""

    reference: str
    subject: str
    department: str
    version: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What today will bring. ``handlings`` by department and sort; ``overdue`` counts up to ``MOST_COUNTED``.

    ``cut`` are departments with more cases due today than are looked at.
    """

    at: datetime
    departments: Sequence[str]
    cases: Mapping[int, Line]
    hands: Mapping[int, Hand]
    laid: Plan
    looked: Looked
    handlings: Mapping[tuple[str, str], Handling]
    overdue: Mapping[str, int]
    cut: Sequence[str]

    @property
    def moves(self) -> Sequence[Move]:
        """The moves that were found."""
        return self.looked.moves


def departments(viewer: Viewer, city: City) -> Sequence[tuple[str, str]]:
    """Return the departments that somebody steers: key and name, by name."""
    within = {department for department, _ in reach(viewer, Action.STEER)}
    every = sorted(city.departments.values(), key=lambda one: one.name)
    return [(one.key, one.name) for one in every if ANY_DEPARTMENT in within or one.key in within]


@dataclass(frozen=True, slots=True)
class Day:
    """What a forecast is reckoned from: the cases due today that the viewer may see, people, and all their work."""

    at: datetime
    rows: Sequence[_Row]
    hands: Sequence[Hand]
    works: Sequence[Work]
    handlings: Mapping[tuple[str, str], Handling]


def today(session: Session, viewer: Viewer, *, city: City, department: str | None = None) -> Forecast:
    """Reckon what will break today, of the departments that the viewer steers, or one of them.

    Raises ``NotFound`` for one that they do not steer.
    """
    known = [key for key, _ in departments(viewer, city)]
    if department is not None and department not in known:
        raise NotFound("There is no such department, or none that you steer.", field="department")
    wanted = [department] if department is not None else known
    day = read(session, viewer, wanted, city=city)
    return Forecast(
        day.at,
        wanted,
        {row.id: Line(row.reference, row.subject, row.department, row.version) for row in day.rows},
        {one.id: one for one in day.hands},
        plan(day.hands, day.works),
        look(day.hands, day.works),
        day.handlings,
        _overdue(session, viewer, wanted, at=day.at),
        [key for key in wanted if sum(row.department == key for row in day.rows) >= MOST],
    )


def read(session: Session, viewer: Viewer, wanted: Sequence[str], *, city: City) -> Day:
    """Read what today's forecast of departments is reckoned from; the viewer steers all of them."""
    at = clock.now(session)
    staff, until = rota.read(session, city, at=at), _midnight(at, city)
    deep = {key for key, depth in reach(viewer, Action.STEER) if depth is Depth.EVERY}
    done = lately(session, {key: key in deep for key in wanted}, staff, city=city, at=at)
    found = {(key, sort): handling(sort, done[key], city.forecasts) for key in wanted for sort in (ANSWER, ENDING)}
    hands = hands_of(session, staff, wanted, city=city, at=at, until=until)
    rows = _rows(session, viewer, wanted, at=at, until=until)
    others = _others(session, hands, rows, found, city=city, at=at, until=until)
    return Day(at, rows, hands, [*_works(rows, found, city), *others], found)


def _midnight(at: datetime, city: City) -> datetime:
    zone = ZoneInfo(city.organisation.timezone)
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _due(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (since <= DUE_ORDER, until > DUE_ORDER, ONLY_LIVE)


@dataclass(frozen=True, slots=True)
class _Row:
    """A case as it is read."""

    id: int
    reference: str
    subject: str
    department: str
    version: int
    confidential: bool
    moves: bool
    agent_id: int | None
    kind: str | None
    due: datetime


def _rows(session: Session, viewer: Viewer, wanted: Sequence[str], *, at: datetime, until: datetime) -> Sequence[_Row]:
    columns = (
        *(Case.id, Case.reference, Case.subject, Case.department, Case.version, Case.confidential),
        (func.cardinality(Case.about) == 0).label("moves"),
        *(Case.assignee_id.label("agent_id"), Case.due_kind.label("kind"), Case.due_at.label("due")),
    )
    parts = [
        select(*columns)
        .where(Case.department == key, visible(viewer, Action.STEER), *_due(at, until))
        .order_by(DUE_ORDER, Case.id)
        .limit(first(MOST))
        .subquery()
        for key in wanted
    ]
    if not parts:
        return ()
    return [_Row(**row._mapping) for row in session.execute(union_all(*(select(one) for one in parts)))]


def _works(rows: Iterable[_Row], found: Mapping[tuple[str, str], Handling], city: City) -> list[Work]:
    return [
        Work(
            row.id,
            row.department + (CONFIDENTIAL if row.confidential else ""),
            row.kind or "",
            row.due,
            row.agent_id,
            _seconds(row.department, row.kind, found, city),
            seen=row.moves,
        )
        for row in rows
    ]


def _others(
    session: Session,
    hands: Sequence[Hand],
    rows: Iterable[_Row],
    found: Mapping[tuple[str, str], Handling],
    *,
    city: City,
    at: datetime,
    until: datetime,
) -> list[Work]:
    """Return what else these people have to do today, of cases that are not shown."""
    query = (
        select(Case.id, Case.department, Case.due_kind, Case.due_at, Case.assignee_id)
        .where(Case.assignee_id.in_([one.id for one in hands]), Case.id.not_in([row.id for row in rows]))
        .where(*_due(at, until))
        .order_by(DUE_ORDER, Case.id)
        .limit(first(MOST_OTHERS))
    )
    return [
        Work(one.id, _ELSEWHERE, one.due_kind or "", one.due_at, one.assignee_id,
             _seconds(one.department, one.due_kind, found, city), seen=False)
        for one in session.execute(query)
    ]  # fmt: skip


def _seconds(department: str | None, kind: str | None, found: Mapping[tuple[str, str], Handling], city: City) -> int:
    known = found.get((department or "", sort_of(kind or "")))
    return known.seconds if known else handling(ANSWER, Lately(), city.forecasts).seconds


def _overdue(session: Session, viewer: Viewer, wanted: Sequence[str], *, at: datetime) -> Mapping[str, int]:
    def counted(key: str) -> ColumnElement[int]:
        some = select(literal(1)).where(
            Case.department == key, visible(viewer, Action.STEER), at > DUE_ORDER, ONLY_LIVE
        )
        some = some.order_by(DUE_ORDER, Case.id).limit(first(MOST_COUNTED))  # along the index of what is open
        return select(func.count()).select_from(some.subquery()).scalar_subquery()

    if not wanted:
        return {}
    row = session.execute(select(*(counted(key) for key in wanted))).one()
    return dict(zip(wanted, row, strict=True))
