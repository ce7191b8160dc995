"""Writing how long things took: each by itself with its case, and by classes of length for periods that hold many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.figures import lengths
from cases.figures.storing import PLACE, Fact, FactKey, columns

_UNDER = "day, measure, department, service, channel, area, confidential, wall, business"
_REMOVE = text(
    f"""
    delete from figure_fact f
     using unnest(cast(:cases as bigint[]), cast(:measures as text[]), cast(:instances as bigint[]))
           as n(case_id, measure, instance)
     where f.case_id = n.case_id and f.measure = n.measure and f.instance = n.instance
    returning {", ".join(f"f.{name}" for name in _UNDER.split(", "))}
    """
)
_SET = text(
    """
    insert into figure_fact (case_id, measure, instance, day, department, service, channel, area, confidential,
                             wall, business, calendar_mark)
    select * from unnest(cast(:cases as bigint[]), cast(:measures as text[]), cast(:instances as bigint[]),
                         cast(:days as date[]), cast(:departments as text[]), cast(:services as text[]),
                         cast(:channels as text[]), cast(:areas as text[]), cast(:confidential as boolean[]),
                         cast(:walls as bigint[]), cast(:businesses as bigint[]), cast(:marks as text[]))
    """
)


def set_facts(session: Session, facts: Mapping[FactKey, Fact | None]) -> None:
    """Remove the facts that were taken back, write the others, and let the classes of length follow."""
    if not facts:
        return
    before = session.execute(_REMOVE, columns(("cases", "measures", "instances"), list(facts))).all()
    rows = [_fact(key, fact) for key, fact in facts.items() if fact is not None]
    if rows:
        names = ("cases", "measures", "instances", "days", *PLACE, "confidential")
        session.execute(_SET, columns((*names, "walls", "businesses", "marks"), rows))
    # as _UNDER has them: without case, instance and calendar
    after = [(row[3], row[1], *row[4:-1]) for row in rows]
    lengths.change(session, [*((-1, *row) for row in before), *((1, *row) for row in after)])


def _fact(key: FactKey, fact: Fact) -> tuple[Any, ...]:
    filed, lasted, confidential = fact
    return (*key, date.fromordinal(filed.day), *filed.place, confidential, lasted.wall, lasted.business, lasted.mark)
