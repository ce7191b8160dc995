"""An examination: the clinic's way through all live promises, a chunk of cases at a time, by any number of tickers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.models import DriftRow, Examination, Timer
from cases.sla import clinic
from cases.sla.clinic import Drift
from cases.sla.timers import LIVE, Calendars

MOST = 200
#: without anybody asking
EVERY = timedelta(days=1)
#: drifts that are kept of one examination: what is more is one and the same fault
KEPT = 1000
_LAST = select(Examination).order_by(Examination.id.desc()).limit(1)
_UNFINISHED = select(Examination).where(Examination.finished_at.is_(None)).execution_options(populate_existing=True)
_WALKING = _UNFINISHED.where(Examination.walked_at.is_(None)).with_for_update(skip_locked=True)
_WALKED = _UNFINISHED.where(Examination.walked_at.is_not(None))


@dataclass(frozen=True, slots=True)
class Found:
    """The last examination, and the drifts that were kept of it."""

    examination: Examination
    drifts: tuple[DriftRow, ...]


def begin(session: Session, *, asked_by: str, at: datetime) -> bool:
    """Begin an examination, unless one goes on already; tells whether it did."""
    row = {"asked_by": asked_by, "started_at": at}
    made = insert(Examination).values(row).on_conflict_do_nothing().returning(Examination.id)
    return session.scalar(made) is not None


def begin_daily(session: Session, *, at: datetime) -> bool:
    """Begin an examination where the last one is a day old or none was ever made."""
    last = session.scalars(_LAST).one_or_none()
    return (last is None or last.started_at <= at - EVERY) and begin(session, asked_by="system", at=at)


def advance(session: Session, calendars: Calendars, *, at: datetime, limit: int = MOST) -> int:
    """Look at the next cases with live timers; returns how many, and 0 where nothing is to be done."""
    row = session.scalars(_WALKING).one_or_none()
    if row is None:
        return 0
    cases = _next(session, row.cursor, limit)
    looked = clinic.look(session, cases, calendars=calendars)
    _keep(session, row, looked.drifts, at=at)
    row.cases += len(cases)
    row.timers += looked.timers
    row.waiting += looked.waiting
    if cases:
        row.cursor = cases[-1]
    if len(cases) < limit:
        row.walked_at = at
    session.flush()
    return len(cases)


def walked(session: Session) -> bool:
    """Tell whether only the sums are still to be compared."""
    return session.scalars(_WALKED).one_or_none() is not None


def finish(session: Session, compare: Callable[[], Sequence[Drift]], *, at: datetime) -> bool:
    """End the examination whose cases have been come to, with what comparing the sums finds; by one caller alone."""
    row = session.scalars(_WALKED.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return False
    _keep(session, row, compare(), at=at)
    row.finished_at = at
    session.flush()
    return True


def last(session: Session) -> Found | None:
    """Return the last examination, one that goes on or has ended."""
    row = session.scalars(_LAST).one_or_none()
    if row is None:
        return None
    drifts = select(DriftRow).where(DriftRow.examination_id == row.id).order_by(DriftRow.id)
    return Found(row, tuple(session.scalars(drifts)))


def _next(session: Session, after: int, limit: int) -> Sequence[int]:
    query = select(Timer.case_id).where(Timer.case_id > after, Timer.state.in_(LIVE)).distinct()
    return session.scalars(query.order_by(Timer.case_id).limit(limit)).all()


def _keep(session: Session, row: Examination, drifts: Sequence[Drift], *, at: datetime) -> None:
    for one in drifts[: max(KEPT - row.drifts, 0)]:
        values = {"case_id": one.case_id, "of": one.of, "what": one.what, "stored": one.stored, "derived": one.derived}
        session.add(DriftRow(examination_id=row.id, at=at, **values))
    row.drifts += len(drifts)
