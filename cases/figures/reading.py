"""The histories that counting reads, case by case and in the order of each chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from cases.figures.lines import Line
from cases.figures.states import State, thawed
from cases.models.figure import FigureCase
from cases.sla import spans

CHUNK = 500


class Counted(NamedTuple):
    """A case, whether it is confidential, and the last event that was counted of it."""

    case_id: int
    confidential: bool
    seq: int


_NEW = text(
    """
    select e.case_id, e.seq, e.kind, e.at, e.message_id, e.plain, e.actor
      from event e left join figure_case f on f.case_id = e.case_id
     where e.case_id = any(:cases) and e.seq > coalesce(f.seq, 0)
     order by e.case_id, e.seq
    """
)
_WHOLE = text(
    """
    select case_id, seq, kind, at, message_id, plain, actor from event
     where case_id = any(:cases) order by case_id, seq
    """
)


_STATES = select(FigureCase.case_id, FigureCase.state).where(FigureCase.case_id == func.any(bindparam("cases")))


def uncounted(session: Session, cases: Sequence[int]) -> Mapping[int, Sequence[Line]]:
    """Return what these cases' histories hold beyond what was counted."""
    return _by_case(session.execute(_NEW, {"cases": cases}))


def whole(session: Session, cases: Sequence[int]) -> Mapping[int, Sequence[Line]]:
    """Return these cases' histories from the beginning."""
    return _by_case(session.execute(_WHOLE, {"cases": cases}))


def in_chunks(session: Session, cases: Sequence[Counted]) -> Iterator[Sequence[tuple[Counted, Sequence[Line]]]]:
    """Yield cases with what was counted of their histories, a few hundred at a time: many would not fit in memory."""
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        lines = whole(session, [one.case_id for one in chunk])
        yield [(one, [line for line in lines.get(one.case_id, ()) if line.seq <= one.seq]) for one in chunk]


def kept(session: Session, cases: Sequence[int]) -> Mapping[int, State]:
    """Return what is remembered of these cases, of those that anything is remembered of."""
    return {row.case_id: thawed(row.state) for row in session.execute(_STATES, {"cases": cases})}


def _by_case(rows: Any) -> Mapping[int, Sequence[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    for case_id, seq, kind, at, message_id, values, actor in rows:
        found[case_id].append(Line(seq, kind, spans.micros(at), message_id, values, actor))
    return found
