"""Live timers reckoned anew after their calendar changed, a chunk at a time; and how many a change would touch.

Any number of callers may run: the row of a recalculation is locked for one chunk, and its timers' cases with it. What
somebody else holds is left for another pass, so that none is missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from cases.models import Case, Recalculation, Timer
from cases.models.event import record
from cases.sla import reckoning, stretches
from cases.sla.calendar import Calendar
from cases.sla.changes import recalculate
from cases.sla.terms import thawed
from cases.sla.timers import LIVE, Calendars, TimerState, show_nearest

MOST = 200
#: a process follows a new configuration within ten seconds; what it reckons until then by the old one is found again
SETTLE = timedelta(seconds=30)
_PREVIEWED = 500
_CALENDAR = Timer.policy["calendar"].astext
_LIVE = [str(state) for state in LIVE]


@dataclass(frozen=True, slots=True)
class Change:
    """Which version of the configuration changed a calendar; ``said`` names it with its reason, ``by`` its author."""

    version: int
    said: str
    by: str


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change of calendars would do: live timers that go by them, deadlines that would move.

    ``more`` says that there are too many to have reckoned them all; ``moved`` is then the least.
    """

    live: int
    moved: int
    more: bool = False


class Step(NamedTuple):
    """What one call did: how many timers of a calendar it came to, none where a pass over them has ended."""

    calendar: str
    timers: int


def changed(before: Calendars, after: Calendars) -> frozenset[str]:
    """Return the calendars by which deadlines might differ."""
    return frozenset(
        key for key, one in after.items() if key not in before or before[key].fingerprint != one.fingerprint
    )


def unseen(session: Session, calendars: Calendars, *, version: int) -> frozenset[str]:
    """Return the calendars that are other than the last recalculation of them was made for.

    A process that still follows an older version than that sees none.
    """
    every = session.scalars(select(Recalculation).order_by(Recalculation.version, Recalculation.id))
    last = {one.calendar: one for one in every}
    return frozenset(
        key
        for key, one in calendars.items()
        if key not in last or last[key].fingerprint != one.fingerprint and last[key].version <= version
    )


def open_for(session: Session, calendar: Calendar, change: Change, *, at: datetime) -> bool:
    """Note that a calendar has changed, once however many notice it; earlier recalculations of it end here."""
    row = {
        "calendar": calendar.key,
        "fingerprint": calendar.fingerprint,
        "version": change.version,
        "why": f"calendar {calendar.key}, {change.said}",
        "by": change.by,
        "pass_at": at,
        "started_at": at,
    }
    made = insert(Recalculation).values(row).on_conflict_do_nothing().returning(Recalculation.id)
    if session.scalar(made) is None:
        return False
    session.execute(
        update(Recalculation).where(
            Recalculation.calendar == calendar.key,
            Recalculation.finished_at.is_(None),
            Recalculation.version <= change.version,
            Recalculation.fingerprint != calendar.fingerprint,
        ).values(finished_at=at)
    )  # fmt: skip
    return True


def advance(session: Session, calendars: Calendars, *, at: datetime, limit: int = MOST) -> Step | None:
    """Reckon one chunk of an open recalculation; None where there is nothing to do for these calendars.

    Only of calendars that are the same here as they are meant to become.
    """
    row = _claim(session, calendars, at=at)
    if row is None:
        return None
    found = session.execute(
        select(Timer.id, Timer.case_id).where(Timer.id > row.cursor, _outdated(row)).order_by(Timer.id).limit(limit)
    ).all()
    if not found:
        _end_pass(session, row, at=at)
        return Step(row.calendar, 0)
    timers = _locked(session, [one.id for one in found], {one.case_id for one in found}, at=at)
    row.moved += _reckon(session, timers, calendars, why=row.why, at=at)
    row.looked_at += sum(map(len, timers.values()))
    row.cursor = found[-1].id
    session.flush()
    return Step(row.calendar, len(found))


def count(session: Session, before: Calendars, after: Calendars, *, at: datetime, most: int = 20_000) -> Touched:
    """Tell how many live timers go by a calendar that changes, and how many deadlines would move."""
    keys = changed(before, after)
    uses = and_(Timer.state.in_(_LIVE), _CALENDAR.in_(sorted(keys)))
    live = session.scalar(select(func.count()).select_from(Timer).where(uses)) if keys else 0
    moved = seen = last = 0
    while live and seen < most:
        rows = session.execute(
            select(Timer.id, Timer.policy, Timer.started_at, Timer.due_at)
            .where(uses, _movable(at), Timer.id > last).order_by(Timer.id).limit(min(_PREVIEWED, most - seen))
        ).all()  # fmt: skip
        if not rows:
            return Touched(live, moved)
        moved += _would_move(session, rows, after, at=at)
        seen, last = seen + len(rows), rows[-1].id
    more = bool(live) and bool(
        session.scalar(select(exists().where(uses, _movable(at), Timer.id > last)))
    )  # fmt: skip
    return Touched(live or 0, moved, more)


def _claim(session: Session, calendars: Calendars, *, at: datetime) -> Recalculation | None:
    """Lock a recalculation that nobody works on and that no later one has replaced."""
    later = aliased(Recalculation)
    replaced = exists().where(later.calendar == Recalculation.calendar, later.version > Recalculation.version)
    mine = or_(
        false(),
        *(
            and_(Recalculation.calendar == key, Recalculation.fingerprint == one.fingerprint)
            for key, one in calendars.items()
        ),
    )
    query = select(Recalculation).where(
        Recalculation.finished_at.is_(None), Recalculation.pass_at <= at, mine, ~replaced
    )
    query = query.order_by(Recalculation.id).limit(1).with_for_update(skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _end_pass(session: Session, row: Recalculation, *, at: datetime) -> None:
    """Begin again where something was left, or where processes may not have followed yet; else finish."""
    left = session.scalar(select(exists().where(_outdated(row))))
    settled = row.started_at + SETTLE
    row.cursor = 0
    if not left and row.pass_at >= settled:
        row.finished_at = at
    else:
        row.pass_at = at if left else max(at, settled)
    session.flush()


def _locked(
    session: Session, timer_ids: Sequence[int], case_ids: Collection[int], *, at: datetime
) -> Mapping[int, list[Timer]]:
    """Lock the cases that nobody holds; returns by case the timers that are still live and not overdue unrecorded.

    A breach that the sweep has yet to record is a fact already: the sweep comes first, and a later pass comments on it.
    """
    free = select(Case.id).where(Case.id.in_(sorted(case_ids))).order_by(Case.id).with_for_update(skip_locked=True)
    held = session.scalars(free).all()
    query = (
        select(Timer)
        .where(Timer.id.in_(timer_ids), Timer.case_id.in_(held), Timer.state.in_(_LIVE), ~_overdue(at))
        .order_by(Timer.case_id, Timer.id)
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[Timer]] = defaultdict(list)
    for timer in session.scalars(query):
        found[timer.case_id].append(timer)
    return found


def _reckon(
    session: Session, timers: Mapping[int, list[Timer]], calendars: Calendars, *, why: str, at: datetime
) -> int:
    """Reckon timers whose cases are locked; returns how many deadlines moved."""
    stood = stretches.spans(session, [one.id for every in timers.values() for one in every], at=at)
    cases = {one.id: one for one in session.scalars(_fresh(timers))}
    moved = 0
    for case_id, every in timers.items():
        happened = [
            line
            for timer in every
            for line in recalculate(
                session, timer, calendars=calendars, at=at, why=why, stood=stood.get(timer.id, ())
            )
        ]  # fmt: skip
        if happened:
            show_nearest(session, cases[case_id])
            record(session, cases[case_id], happened, at=at)
        moved += sum(line.kind == "timer_moved" for line in happened)
    return moved


def _fresh(case_ids: Collection[int]) -> Any:
    return select(Case).where(Case.id.in_(case_ids)).execution_options(populate_existing=True)


def _would_move(session: Session, rows: Sequence[Any], calendars: Calendars, *, at: datetime) -> int:
    stood = stretches.spans(session, [row.id for row in rows], at=at)
    moved = 0
    for row in rows:
        terms = thawed(row.policy)
        due = reckoning.due(
            calendars[terms.calendar], terms.target, started=row.started_at, pauses=stood.get(row.id, ())
        )  # fmt: skip
        moved += due != row.due_at
    return moved


def _outdated(row: Recalculation) -> ColumnElement[bool]:
    mark = Timer.calendar_mark.is_distinct_from(row.fingerprint)
    return and_(Timer.state.in_(_LIVE), row.calendar == _CALENDAR, mark)


def _overdue(at: datetime) -> ColumnElement[bool]:
    late = and_(Timer.state == TimerState.RUNNING, Timer.breached_at.is_(None), Timer.due_at <= at)
    return func.coalesce(late, False)


def _movable(at: datetime) -> ColumnElement[bool]:
    running = and_(Timer.state == TimerState.RUNNING, Timer.breached_at.is_(None), Timer.overridden.is_(False))
    return and_(running, Timer.due_at > at)
