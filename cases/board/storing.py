"""Writing what changed: what cases are counted as, and by how much the sums differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.board.counting import Counted


class Sum(NamedTuple):
    """Under what a number of cases stands."""

    what: str
    part: str
    department: str
    confidential: bool


_ADD = text(
    """
    insert into board_sum as s (what, part, department, confidential, count)
    select * from unnest(cast(:whats as text[]), cast(:parts as text[]), cast(:departments as text[]),
                         cast(:confidential as boolean[]), cast(:counts as bigint[]))
    on conflict (what, part, department, confidential) do update set count = s.count + excluded.count
    """
)
# Lists within rows cannot be given as columns of one depth: they come as text, which no word of ours needs quoted in.
_SET = text(
    """
    insert into board_case (case_id, department, confidential, parts, days, opened_at, due_at, next_at, live,
                            unassigned, overdue)
    select case_id, department, confidential, string_to_array(parts, ','), string_to_array(days, ','), opened_at,
           due_at, next_at, live, unassigned, overdue
      from unnest(cast(:case_id as bigint[]), cast(:department as text[]), cast(:confidential as boolean[]),
                  cast(:parts as text[]), cast(:days as text[]), cast(:opened_at as timestamptz[]),
                  cast(:due_at as timestamptz[]), cast(:next_at as timestamptz[]), cast(:live as boolean[]),
                  cast(:unassigned as boolean[]), cast(:overdue as boolean[]))
           as n(case_id, department, confidential, parts, days, opened_at, due_at, next_at, live, unassigned, overdue)
    on conflict (case_id) do update set
        department = excluded.department, confidential = excluded.confidential, parts = excluded.parts,
        days = excluded.days, opened_at = excluded.opened_at, due_at = excluded.due_at, next_at = excluded.next_at,
        live = excluded.live, unassigned = excluded.unassigned, overdue = excluded.overdue
    """
)
_REMOVE = text("delete from board_case where case_id = any(:cases)")
_NAMES = [one.name for one in fields(Counted)]


def change(session: Session, before: Mapping[int, Counted], after: Mapping[int, Counted | None]) -> int:
    """Write what cases are counted as now, and what that changes of the sums; returns how many were changed.

    The caller holds the cursor, so that nobody else writes.
    """
    changed = {case_id: one for case_id, one in after.items() if before.get(case_id) != one}
    sums = Counter[Sum]()
    for case_id, one in changed.items():
        sums.subtract(_sums(before.get(case_id)))
        sums.update(_sums(one))
    _add(session, {key: number for key, number in sums.items() if number})
    _keep(session, {case_id: one for case_id, one in changed.items() if one is not None})
    gone = [case_id for case_id, one in changed.items() if one is None]
    if gone:
        session.execute(_REMOVE, {"cases": gone})
    return len(changed)


def _sums(one: Counted | None) -> list[Sum]:
    if one is None:
        return []
    split = (word.partition(" ") for word in one.words)
    return [Sum(what, part, one.department, one.confidential) for what, _, part in split]


def _add(session: Session, sums: Mapping[Sum, int]) -> None:
    if sums:
        rows = sorted(sums.items())
        keys = zip(*(key for key, _ in rows), strict=True)
        columns = dict(zip(("whats", "parts", "departments", "confidential"), map(list, keys), strict=True))
        session.execute(_ADD, {**columns, "counts": [number for _, number in rows]})


def _keep(session: Session, rows: Mapping[int, Counted]) -> None:
    if rows:
        lines = [
            [",".join(value) if isinstance(value, tuple) else value for value in astuple(one)] for one in rows.values()
        ]
        columns = {name: [line[at] for line in lines] for at, name in enumerate(_NAMES)}
        session.execute(_SET, {**columns, "case_id": list(rows)})
