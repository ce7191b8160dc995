"""The rows that counting reads: cases with when their promises were kept and broken, and what they were counted as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.board.counting import KINDS, Case, Counted, Promises

#: as the statement below has them, in this order
_OF_CASE = ("id", "department", "confidential", "status", "assignee_id", "opened_at", "due_at", "left_out")
_KEPT = "max(t.met_at) filter (where t.state = 'met' and t.breached_at is null{kind})"
_BROKEN = "max(coalesce(t.breached_at, case when t.state = 'missed' then t.ended_at end)){kind}"


def _promises() -> str:
    every = [(_KEPT.format(kind=""), _BROKEN.format(kind=""))]
    every += [
        (_KEPT.format(kind=f" and t.kind = '{one}'"), _BROKEN.format(kind=f" filter (where t.kind = '{one}')"))
        for one in KINDS
    ]
    return ", ".join(f"{kept} as kept_{at}, {broken} as broken_{at}" for at, (kept, broken) in enumerate(every))


_CASES = text(
    f"""
    select c.id, coalesce(c.department, '') as department, c.confidential, c.status, c.assignee_id, c.opened_at,
           c.due_at, c.merged_into_id is not null or c.about <> '{{}}' as left_out, p.*
      from case_file c, lateral (select {_promises()} from timer t where t.case_id = c.id) p
     where c.id = any(:cases)
    """
)
_STORED = text(
    """
    select case_id, department, confidential, parts, days, opened_at, due_at, next_at, live, unassigned, overdue
      from board_case where case_id = any(:cases)
    """
)


def cases(session: Session, ids: Iterable[int]) -> Sequence[Case]:
    """Return cases as they stand."""
    return [_case(row) for row in session.execute(_CASES, {"cases": list(ids)})]


def stored(session: Session, ids: Iterable[int]) -> Mapping[int, Counted]:
    """Return what cases are counted as; those on nobody's board are not among them."""
    rows = session.execute(_STORED, {"cases": list(ids)})
    return {row.case_id: Counted(row[1], row[2], tuple(row[3]), tuple(row[4]), *row[5:]) for row in rows}


def _case(row: Any) -> Case:
    first, many = len(_OF_CASE), len(KINDS) + 1
    every, *kinds = (Promises(*row[at : at + 2]) for at in range(first, first + 2 * many, 2))
    return Case(**{name: getattr(row, name) for name in _OF_CASE}, every=every, kinds=tuple(kinds))
