"""What waited at the end of each local day: open cases by age, and promises that stood still; counted once a night.

Cases that nothing has happened to since midnight are counted as they stand; the others as their histories had them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cases import committed
from cases.figures import projecting, reading, storing
from cases.figures.folding import fold
from cases.figures.reading import Counted
from cases.figures.setting import Setting
from cases.figures.states import NOWHERE, Filed, State, filed
from cases.figures.storing import Key
from cases.models.figure import FigureSum
from cases.sla import spans

MEASURES = storing.NIGHTLY
#: days after which a case that waits is in the next part
AGES = ((1, "0-1"), (7, "2-7"), (30, "8-30"), (90, "31-90"))
OLDEST = "91+"
#: by then whatever was begun before midnight has committed: no statement lasts longer than seconds
GRACE = timedelta(minutes=15)
#: a case's row may bear a slightly earlier instant than its latest event, whose transaction began first
MARGIN = timedelta(minutes=5)

_LAST = select(func.max(FigureSum.day)).where(FigureSum.measure == "night")
_LATE = text(
    """
    select exists (select from event where (xid, id) > (cast(cast(:xid as text) as xid8), :event_id) and at < :midnight)
    """
)
_OPEN = text(
    """
    select department, service, channel, area, confidential,
           cast(:day as date) - cast(started_at at time zone :zone as date) as days, count(*) as cases
      from figure_case where open and last_at < :midnight group by 1, 2, 3, 4, 5, 6
    """
)
_STANDING = text(
    """
    select department, service, channel, area, confidential, kind, count(*) as timers
      from figure_case cross join unnest(standing) as s(kind)
     where open and last_at < :midnight group by 1, 2, 3, 4, 5, 6
    """
)
_MOVED = text(
    """
    select f.case_id, f.confidential, f.seq from figure_case f join case_file c on c.id = f.case_id
     where c.updated_at >= :margin and c.opened_at < :midnight and f.last_at >= :midnight order by 1
    """
)


def take_night(session: Session, setting: Setting, *, at: datetime) -> date | None:
    """Count the next night that has not been; None where none is due, or not everything before it is counted.

    The first time it is the last one alone: nights long ago are not made up.
    """
    ended = setting.date_of(at - GRACE) - timedelta(days=1)
    last = session.scalar(_LAST)
    day = ended if last is None else last + timedelta(days=1)
    if day > ended:
        return None
    cursor, midnight = committed.take(session, projecting.NAME, at=at), setting.midnight(day + timedelta(days=1))
    if cursor is None or session.scalar(_LAST) != last:
        return None
    if late(session, cursor, midnight):
        return None
    sums = Counter({(_filed("night", "", day), False): 1})
    sums.update(_as_they_stand(session, setting, day, midnight))
    moved = session.execute(_MOVED, {"margin": midnight - MARGIN, "midnight": midnight}).all()
    sums.update(as_they_stood(session, setting, day, [Counted(*row) for row in moved]))
    storing.add_sums(session, sums)
    return day


def late(session: Session, cursor: committed.Place, midnight: datetime) -> bool:
    """Tell whether something that happened before a midnight is still to be counted."""
    values = {"xid": str(cursor.xid), "event_id": cursor.event_id, "midnight": midnight}
    return bool(session.execute(_LATE, values).scalar_one())


def as_they_stood(session: Session, setting: Setting, day: date, cases: Sequence[Counted]) -> Mapping[Key, int]:
    """Count what waited at the end of a day from the histories of cases: id, if confidential, last event to read."""
    midnight, sums = spans.micros(setting.midnight(day + timedelta(days=1))), Counter[Key]()
    for one, lines in chain.from_iterable(reading.in_chunks(session, cases)):
        state = State()
        fold(state, [line for line in lines if line.at < midnight], setting)
        sums.update((filed, one.confidential) for filed in _waiting(state, setting, day))
    return sums


def _waiting(state: State, setting: Setting, day: date) -> Iterator[Filed]:
    if not state.open:
        return
    yield _filed("backlog", age(day.toordinal() - setting.day(state.started)), day, state.place)
    for kind in state.standing:
        yield _filed("standing", kind, day, state.place)


def _as_they_stand(session: Session, setting: Setting, day: date, midnight: datetime) -> Mapping[Key, int]:
    values: dict[str, Any] = {"midnight": midnight}
    sums = Counter[Key]()
    for row in session.execute(_OPEN, {**values, "day": day, "zone": setting.zone.key}):
        sums[_filed("backlog", age(row.days), day, row[:4]), row.confidential] += row.cases
    for row in session.execute(_STANDING, values):
        sums[_filed("standing", row.kind, day, row[:4]), row.confidential] += row.timers
    return sums


def age(days: int) -> str:
    """Return the part that a case is in which has waited so many days."""
    return next((part for most, part in AGES if days <= most), OLDEST)


def _filed(measure: str, part: str, day: date, place: Sequence[str] = NOWHERE) -> Filed:
    return filed(measure, part, day.toordinal(), place)
