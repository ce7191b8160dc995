"""Live timers follow their calendars: reckoned anew in small batches after a calendar has changed, each once.

A breach that has happened is only commented on, and what stands still is reckoned when it runs on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from cases.models import Case, Timer
from cases.models.event import Happened, record
from cases.sla.changes import recalculate
from cases.sla.timers import LIVE, Calendars, show_nearest

CHUNK = 200
_CALENDAR = Timer.policy["calendar"].astext


class Passed(NamedTuple):
    """How many timers a batch reckoned, and the number of its last."""

    timers: int
    last: int


def count(session: Session, calendars: Calendars) -> int:
    """Return how many live promises would be looked at if these calendars came into force."""
    return session.scalar(select(func.count()).where(*_outdated(calendars))) or 0


def follow(
    session: Session, *, calendars: Calendars, at: datetime, why: str, after: int = 0, limit: int = CHUNK
) -> Passed | None:
    """Reckon a batch of timers behind the number ``after`` anew by these calendars; None where none is left there.

    A case that somebody works on is passed by: :func:`count` tells that another walk is needed. ``why`` stands in the
    history of each case whose deadline moves.
    """
    walk = select(Timer.id, Case).join(Case, Case.id == Timer.case_id).where(Timer.id > after, *_outdated(calendars))
    walk = walk.order_by(Timer.id).limit(limit).with_for_update(of=Case, skip_locked=True)
    locked = session.execute(walk).all()
    if not locked:
        return None
    cases = {case.id: case for _, case in locked}
    timers = select(Timer).where(Timer.id.in_([number for number, _ in locked]), *_outdated(calendars))
    found = session.scalars(timers.order_by(Timer.case_id, Timer.id)).all()
    happened: dict[int, list[Happened]] = defaultdict(list)
    for timer in found:
        happened[timer.case_id] += recalculate(session, timer, calendars=calendars, at=at, why=why)
    for case_id, lines in happened.items():
        show_nearest(session, cases[case_id])
        if lines:
            record(session, cases[case_id], lines, at=at)
    return Passed(len(found), locked[-1][0])


def _outdated(calendars: Calendars) -> Sequence[ColumnElement[bool]]:
    """Tell timers by another state of their calendar; one whose calendar is gone keeps the deadline that it has."""
    each = calendars.items()
    differs = (and_(key == _CALENDAR, Timer.calendar_mark.is_distinct_from(one.fingerprint)) for key, one in each)
    return (Timer.state.in_(LIVE), or_(*differs))
