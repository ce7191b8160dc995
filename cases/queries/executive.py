"""What is stuck, for executives: broken and escalated promises by department, ages, the trend, and the worst cases.

Whoever looks is shown what an executive is: nothing confidential, nothing of departments that hear complaints about
the Assembly's own people, no word of a citizen. Nothing is counted here: sums alone are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.figures.setting import setting_of
from cases.models import BoardCase, Case, Escalation, FigureSum, Timer
from cases.permissions import Action, Role, Viewer, reach
from cases.queries import board
from cases.queries.board import Board, Numbers
from cases.queries.scope import visible
from cases.together import first

WEEK = timedelta(days=7)
#: weeks of the trend, the one that goes on among them; cases named of one department, and in all
WEEKS, MOST_OF_ONE, MOST = 12, 5, 20
BROKEN, ESCALATED = "breached", "escalated"


@dataclass(frozen=True, slots=True)
class Department:
    """One department (an empty key: the tray). Each pair is of the last seven days and of the seven before these."""

    key: str
    now: Numbers
    broken: tuple[int, int]
    escalated: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Weekly:
    """How many promises were broken and steps of the ladder reached in the week from ``monday``."""

    monday: date
    broken: int
    escalated: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """A case whose deadline passed long ago. ``rungs``: how often somebody above was told."""

    reference: str
    department: str | None
    service: str | None
    status: str
    due_kind: str | None
    opened_at: datetime
    due_at: datetime
    rungs: int


@dataclass(frozen=True, slots=True)
class Executive:
    """``known_at`` is how late the standing numbers are known, None where nothing was counted yet."""

    at: datetime
    known_at: datetime | None
    together: Numbers
    departments: Sequence[Department]
    weeks: Sequence[Weekly]
    stuck: Sequence[Stuck]


def load(session: Session, viewer: Viewer, *, city: City) -> Executive:
    """Return what is stuck in the departments whose board the viewer may see."""
    who = as_executive(viewer)
    at = clock.now(session)
    keys = [key for key in board.keys(who, city) if not city.is_conduct(key)]
    standing = board.load(session, who, city=city, only=keys) if keys else None
    today = setting_of(city).date_of(at)
    sums = _sums(session, keys, since=_monday(today) - (WEEKS - 1) * WEEK, until=today)
    shown = [_department(key, standing, sums, today) for key in keys] if standing else []
    return Executive(
        at=at,
        known_at=standing.known_at if standing else None,
        together=standing.together if standing else Numbers({}),
        departments=sorted(
            (one for one in shown if one.now["open"] or any(one.broken) or any(one.escalated)),
            key=lambda one: -one.now["overdue"],
        ),
        weeks=_weeks(sums, today),
        stuck=_stuck(session, who, keys),
    )


def as_executive(viewer: Viewer) -> Viewer:
    """Return somebody with no more than an executive's eyes, in the departments whose board they may see."""
    where = {department for department, _ in reach(viewer, Action.BOARD)}
    return Viewer(viewer.kind, viewer.id, viewer.name, frozenset((Role.EXECUTIVE, one) for one in where))


_Sums = Mapping[tuple[str, str, date], int]


def _sums(session: Session, keys: Sequence[str], *, since: date, until: date) -> _Sums:
    query = (
        select(FigureSum.measure, FigureSum.department, FigureSum.day, func.sum(FigureSum.count))
        .where(FigureSum.day.between(since, until), FigureSum.measure.in_([BROKEN, ESCALATED]))
        .where(FigureSum.department.in_(keys), ~FigureSum.confidential)
        .group_by(FigureSum.measure, FigureSum.department, FigureSum.day)
    )
    return {(measure, key, day): int(count) for measure, key, day, count in session.execute(query)}


def _department(key: str, standing: Board, sums: _Sums, today: date) -> Department:
    pairs = (tuple(_of_days(sums, measure, key, today - back * WEEK) for back in (0, 1)) for measure in _MEASURES)
    broken, escalated = pairs
    return Department(key, standing.departments.get(key, Numbers({})), broken, escalated)  # type: ignore[arg-type]


_MEASURES = (BROKEN, ESCALATED)


def _of_days(sums: _Sums, measure: str, key: str, last: date) -> int:
    """Return the sum of seven days, ``last`` among them."""
    return sum(sums.get((measure, key, last - timedelta(days=back)), 0) for back in range(7))


def _weeks(sums: _Sums, today: date) -> Sequence[Weekly]:
    found = Counter[tuple[str, date]]()
    for (measure, _, day), count in sums.items():
        found[measure, _monday(day)] += count
    mondays = [_monday(today) - back * WEEK for back in reversed(range(WEEKS))]
    return [Weekly(one, found[BROKEN, one], found[ESCALATED, one]) for one in mondays]


def _stuck(session: Session, who: Viewer, keys: Sequence[str]) -> Sequence[Stuck]:
    """Return the cases whose deadline passed first, along the index of each department."""
    worst = [
        select(
            select(BoardCase.case_id)
            .where(BoardCase.department == key, ~BoardCase.confidential, BoardCase.overdue)
            .order_by(BoardCase.due_at)
            .limit(first(MOST_OF_ONE))
            .subquery()
        )
        for key in keys
    ]
    if not worst:
        return ()
    told = select(func.count()).select_from(Escalation).join(Timer, Timer.id == Escalation.timer_id)
    rungs = told.where(Timer.case_id == Case.id).correlate(Case).scalar_subquery()
    ids = union_all(*worst).subquery("worst")
    columns = (Case.reference, Case.department, Case.service, Case.status, Case.due_kind, Case.opened_at, Case.due_at)
    query = (
        select(*columns, rungs.label("rungs"))
        .join(ids, ids.c.case_id == Case.id)
        .where(visible(who), ~Case.confidential, Case.due_at.is_not(None))
        .order_by(Case.due_at, Case.id)
        .limit(MOST)
    )
    return [Stuck(**row._mapping) for row in session.execute(query)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
