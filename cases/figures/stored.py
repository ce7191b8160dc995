"""What is stored of figures, as recounting compares it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cases.base import table
from cases.figures import nights
from cases.figures.keeping import EntryKey, Kept, StretchKey
from cases.figures.states import Place, filed
from cases.models import FigureArea, FigureSum
from cases.sla import spans

#: the columns under which a sum stands, and a sum of an area
UNDER = ("day", "measure", "part", "department", "service", "channel", "confidential")
UNDER_AREA = ("day", "measure", "part", "department", "area", "confidential")
_ENTRIES = text(
    """
    select case_id, measure, part, number, day, department, service, channel, area, at, confidential
      from figure_entry
     where case_id = any(:cases) and day between :since and :until and measure <> 'first_contact'
    """
)
_STRETCHES = text(
    """
    select case_id, number, since, until, department, service, channel, area, confidential
      from figure_open where case_id = any(:cases)
    """
)


def sums(
    session: Session, model: type[FigureSum | FigureArea], since: date, until: date, *, nightly: bool
) -> Mapping[tuple[Any, ...], int]:
    """Return sums by what they stand under; of nights those of confidential and other cases together."""
    sums_of = table(model)
    which = sums_of.c.measure.in_(nights.MEASURES)
    query = select(*sums_of.c).where(sums_of.c.day.between(since, until), which if nightly else ~which)
    found = Counter[tuple[Any, ...]]()
    for *key, secret, count in session.execute(query):
        found[(*key, secret and not nightly)] += count
    return found


def entries(session: Session, cases: Sequence[int], since: date, until: date) -> Mapping[EntryKey, Kept]:
    """Return what was counted of these cases on these days, but what was judged."""
    rows = session.execute(_ENTRIES, {"cases": cases, "since": since, "until": until})
    return {
        (case_id, measure, part, number): (
            filed(measure, part, day.toordinal(), place, number=number, at=spans.micros(at)),
            confidential,
        )
        for case_id, measure, part, number, day, *place, at, confidential in rows
    }


def stretches(session: Session, cases: Sequence[int]) -> Mapping[StretchKey, Any]:
    """Return since when and until when these cases were open for whom."""
    return {
        (case_id, number): (spans.micros(since), until and spans.micros(until), Place(*place), confidential)
        for case_id, number, since, until, *place, confidential in session.execute(_STRETCHES, {"cases": cases})
    }
