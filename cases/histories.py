"""Checks the histories of many cases in one pass over their events, however many these are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cases.models import Case, Event
from cases.models.event import Head, Verified, check, with_details

#: events held in memory at once
HELD = 2_000
#: no case has a higher number
BEYOND = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checked:
    """One case and what was found of its history; without a reference the events are there and the case is not."""

    case_id: int
    reference: str | None
    verified: Verified


def batch_end(session: Session, after: int, *, size: int) -> int:
    """Return the last case id of a batch; that of the last batch lies beyond all cases, to find events without one."""
    ids = select(Case.id).where(Case.id > after).order_by(Case.id).limit(size).subquery()
    last, count = session.execute(select(func.max(ids.c.id), func.count()).select_from(ids)).one()
    return int(last) if count == size else BEYOND


def verify_cases(session: Session, *, first: int, last: int) -> Iterator[Checked]:
    """Check every history from one case id to another."""
    # One statement, so one snapshot: a case that somebody is writing to does not look cut off, and nothing is locked.
    rows = session.execute(_histories(first, last), execution_options={"yield_per": HELD})
    for (case_id, reference, seq, head), of_case in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        events = (row[4:] for row in of_case if row[4] is not None)
        if reference is None:
            found = check(events, None)
            gone = f"case number {case_id} is not there, but its events are: {found.events}"
            yield Checked(case_id, None, Verified(found.events, found.erased, (*found.faults, gone)))
        else:
            yield Checked(case_id, reference, check(events, Head(case_id, seq, head)))


def _histories(first: int, last: int) -> Select[Any]:
    columns = (Case.id, Case.reference, Case.event_seq, Case.event_head)
    heads = select(*columns).where(Case.id.between(first, last)).subquery()
    events = with_details().where(Event.case_id.between(first, last)).subquery()
    number = func.coalesce(heads.c.id, events.c.case_id)
    chosen = select(number, heads.c.reference, heads.c.event_seq, heads.c.event_head, *events.c)
    both = heads.join(events, heads.c.id == events.c.case_id, full=True)
    return chosen.select_from(both).order_by(number, events.c.seq)
