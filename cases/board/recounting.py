"""Counting the board again: each case against what it is counted as, and the sums against their cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.board import counting, projecting, reading
from cases.board.counting import Counted

CHUNK = 2000

#: held until the transaction ends, so that nothing is counted between reading the board and the cases
_HOLD = text("select xid, event_id from projection_cursor where name = :name for update")
_NEXT = text(
    """
    select id from (select id from case_file where id > :after order by id limit :limit) c
    union select case_id from (select case_id from board_case where case_id > :after order by case_id limit :limit) b
    order by 1 limit :limit
    """
)
# What the cursor has not passed yet is no difference.
_WAITS = text(
    """
    select distinct case_id from event
     where case_id = any(:cases) and (xid, id) > (cast(cast(:xid as text) as xid8), :event_id)
    """
)
_SUMS = text(
    """
    with counted as (
        select split_part(word, ' ', 1) as what, substr(word, strpos(word || ' ', ' ') + 1) as part, department,
               confidential, count(*) as number
          from board_case cross join unnest(parts || days) as w(word) group by 1, 2, 3, 4)
    select coalesce(s.what, n.what) as what, coalesce(s.part, n.part) as part,
           coalesce(s.department, n.department) as department, coalesce(s.confidential, n.confidential) as confidential,
           coalesce(s.count, 0) as stored, coalesce(n.number, 0) as counted
      from board_sum s full join counted n on (s.what, s.part, s.department, s.confidential)
                                            = (n.what, n.part, n.department, n.confidential)
     where coalesce(s.count, 0) <> coalesce(n.number, 0) order by 1, 2, 3, 4
    """
)
_FORGET = text("delete from board_sum")
_FILL = text(
    """
    insert into board_sum (what, part, department, confidential, count)
    select split_part(word, ' ', 1), substr(word, strpos(word || ' ', ' ') + 1), department, confidential, count(*)
      from board_case cross join unnest(parts || days) as w(word) group by 1, 2, 3, 4
    """
)


@dataclass(frozen=True, slots=True)
class Difference:
    """``of`` is a case by its number, or a sum by what it stands under; what is stored, and what it comes to."""

    of: str
    stored: str
    counted: str


@dataclass(frozen=True, slots=True)
class Looked:
    """One chunk of cases: the last one's number, None after the last chunk; how many, and what differs."""

    last: int | None
    cases: int
    wrong: Sequence[int]
    differences: Sequence[Difference]


def cases(session: Session, zone: ZoneInfo, *, at: datetime, after: int = 0, limit: int = CHUNK) -> Looked:
    """Compare some cases with what they are counted as. Changes nothing; the projector waits until the caller is done.

    What an event tells of that was not passed yet, or what has fallen due since, is no difference.
    """
    place = session.execute(_HOLD, {"name": projecting.NAME}).one_or_none()
    ids = session.scalars(_NEXT, {"after": after, "limit": limit}).all()
    if place is None or not ids:
        return Looked(None, 0, (), ())
    stored = reading.stored(session, ids)
    now = {one.id: counting.counted(one, zone=zone, at=at) for one in reading.cases(session, ids)}
    odd = [one for one in ids if stored.get(one) != now.get(one) and not _due(stored.get(one), at)]
    waits = set(session.scalars(_WAITS, {"cases": odd, "xid": str(place.xid), "event_id": place.event_id}))
    wrong = [one for one in odd if one not in waits]
    found = [Difference(f"case {one}", _said(stored.get(one)), _said(now.get(one))) for one in wrong]
    return Looked(ids[-1] if len(ids) == limit else None, len(ids), wrong, found)


def sums(session: Session) -> Sequence[Difference]:
    """Compare the sums with what their cases are counted as, in one statement: both are written together."""
    return [
        Difference(
            " ".join(filter(None, (row.what, row.part, row.department, "confidential" if row.confidential else ""))),
            str(row.stored),
            str(row.counted),
        )
        for row in session.execute(_SUMS)
    ]


def mend(session: Session, zone: ZoneInfo, wrong: Sequence[int], *, at: datetime) -> None:
    """Count cases anew that are counted wrongly; the caller has compared them in this transaction."""
    projecting.count(session, wrong, zone, at=at)


def mend_sums(session: Session) -> None:
    """Make the sums anew of what their cases are counted as."""
    session.execute(_HOLD, {"name": projecting.NAME})
    session.execute(_FORGET)
    session.execute(_FILL)


def _due(stored: Counted | None, at: datetime) -> bool:
    return stored is not None and stored.next_at is not None and stored.next_at <= at


def _said(one: Counted | None) -> str:
    if one is None:
        return "on no board"
    return ", ".join(filter(None, (one.department or "tray", "confidential" if one.confidential else "", *one.words)))
