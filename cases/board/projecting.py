"""The projector of the board: takes the cases that something happened to, and those that time alone has changed.

A case is compared as it stands with what it is counted as, and the difference is added to the sums; so reading an
event twice, or late, does no harm. Whoever holds the cursor is the only one who writes, and what a later transaction
does to a case is an event that the cursor has not passed yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases import committed
from cases.board import counting, reading, storing
from cases.board.counting import Counted

NAME = "board"
MOST_EVENTS = 1000
MOST_DUE = 500
#: with nothing to do, the board says so often how late it is that nobody takes it for frozen
QUIET = timedelta(milliseconds=800)

_DUE = text("select case_id from board_case where next_at <= :at order by next_at limit :limit")
_SEEN = text("update projection_cursor set moved_at = :at where name = :name and moved_at < :before")
_WRITTEN = text("select at from event where id = :id")


def project(session: Session, zone: ZoneInfo, *, at: datetime, limit: int = MOST_EVENTS) -> int:
    """Count what the next events tell of, and what has fallen due; returns how much there was, 0 while another counts.

    The cursor's ``moved_at`` is how late the board knows everything.
    """
    place = committed.take(session, NAME, at=at)
    if place is None:
        return 0
    found = committed.events_after(session, place, limit=limit)
    due = session.scalars(_DUE, {"at": at, "limit": MOST_DUE}).all()
    count(session, {row.case_id for row in found} | set(due), zone, at=at)
    behind = len(found) == limit
    if found:
        committed.move(session, NAME, found[-1], at=_known_to(session, found[-1], at) if behind else at)
    else:
        session.execute(_SEEN, {"name": NAME, "at": at, "before": at - QUIET})
    return len(found) + len(due)


def begin(session: Session, *, at: datetime) -> None:
    """Let a board that was never counted follow what happens from now on; the caller counts all cases there are."""
    committed.take(session, NAME, at=at, from_now=True)


def count(session: Session, cases: Iterable[int], zone: ZoneInfo, *, at: datetime) -> int:
    """Count these cases as they stand; returns how many are counted otherwise now. The caller holds the cursor."""
    ids = sorted(cases)
    if not ids:
        return 0
    before = reading.stored(session, ids)
    # A case that is there no more counts as nothing.
    after: dict[int, Counted | None] = dict.fromkeys(ids)
    after |= {one.id: counting.counted(one, zone=zone, at=at) for one in reading.cases(session, ids)}
    return storing.change(session, before, after)


def _known_to(session: Session, last: Any, at: datetime) -> datetime:
    """Return how late the board is while more events wait: as late as the last one that it has read."""
    written: datetime = session.execute(_WRITTEN, {"id": last.id}).scalar_one()
    return min(written, at)
