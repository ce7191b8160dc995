"""First-contact resolution: judged once for each local day, when seven days have passed after its last resolution.

What is judged follows from entries that no longer change by then, so that judging again gives the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cases import committed
from cases.figures import keeping, projecting, storing
from cases.figures.nights import GRACE, late
from cases.figures.setting import Setting
from cases.figures.states import Filed, filed
from cases.figures.storing import Key
from cases.models.figure import FigureSum
from cases.sla import spans

MEASURE, JUDGED = "first_contact", "judged"
#: how long nothing more may be heard of the matter
QUIET = timedelta(days=7)
YES, NO = "yes", "no"

_LAST = select(func.max(FigureSum.day)).where(FigureSum.measure == JUDGED)
_FIRST = select(func.min(FigureSum.day)).where(FigureSum.measure.in_(("resolved", "reopened")))
# The same matter: the same case, or another one of this citizen about the same service.
_RESOLUTIONS = text(
    """
    select e.case_id, e.number, e.at, e.department, e.service, e.channel, e.area, e.confidential,
           exists (select from figure_entry s
                    where s.case_id = e.case_id and s.measure = 'single' and s.part = '' and s.number = e.number)
           and not exists (select from figure_entry a
                            where a.case_id = e.case_id and a.measure in ('contacts', 'reopening')
                              and a.at > e.at and a.at <= e.at + cast(:quiet as interval))
           and not exists (select from case_file o join figure_entry c on c.case_id = o.id and c.measure = 'contacts'
                            where o.citizen_id = f.citizen_id and o.id <> f.id and e.service <> ''
                              and c.service = e.service and c.at > e.at and c.at <= e.at + cast(:quiet as interval))
           as at_once
      from (select distinct department from figure_sum where day = :day and measure in ('resolved', 'reopened')) d
      join figure_entry e on e.measure in ('resolved', 'reopened') and e.department = d.department and e.day = :day
      join case_file f on f.id = e.case_id
     order by e.case_id, e.number
    """
)


def take_day(session: Session, setting: Setting, *, at: datetime) -> date | None:
    """Judge the next day that has not been; None where none can be yet, or not everything until then is counted."""
    last = session.scalar(_LAST)
    day = session.scalar(_FIRST) if last is None else last + timedelta(days=1)
    if day is None or setting.midnight(day + QUIET + timedelta(days=1)) > at - GRACE:
        return None
    cursor = committed.take(session, projecting.NAME, at=at)
    if cursor is None or session.scalar(_LAST) != last:
        return None
    if late(session, cursor, setting.midnight(day + QUIET + timedelta(days=1))):
        return None
    found = judged(session, day)
    storing.add_sums(session, {**sums(found), (Filed(JUDGED, "", day.toordinal(), "", "", ""), False): 1})
    keeping.set_entries(session, {(case_id, MEASURE, one.part, one.number): (one, c) for case_id, one, c in found})
    return day


def judged(session: Session, day: date) -> Sequence[tuple[int, Filed, bool]]:
    """Return the resolutions of a day as they are to be counted: case, entry, and if it is confidential."""
    rows = session.execute(_RESOLUTIONS, {"day": day, "quiet": f"{QUIET.days} days"})
    return [
        (row.case_id, _filed(day, YES if row.at_once else NO, row.number, row.at, row[3:7]), row.confidential)
        for row in rows
    ]


def sums(found: Sequence[tuple[int, Filed, bool]]) -> dict[Key, int]:
    """Return what judged resolutions come to."""
    return dict(Counter((one.summed, secret) for _, one, secret in found))


def _filed(day: date, part: str, number: int, at: datetime, place: Sequence[Any]) -> Filed:
    return filed(MEASURE, part, day.toordinal(), place, number=number, at=spans.micros(at))
