"""What departments did lately, as a forecast needs it: the middle of their answers and endings, and their working time.

Bounded: of each department and measure the latest facts alone are read, along their index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases import rota
from cases.choosing import WORKING
from cases.departments import City
from cases.forecast.handling import ANSWER, ENDING, MEASURES, NOTHING, Lately, Middle
from cases.permissions import ANY_DEPARTMENT
from cases.recipients import Person, Staff

MOST = 1000
_LATELY = text("""
    select d.department, m.sort, count(x.business) as number, min(x.day) as first,
           percentile_cont(0.5) within group (order by x.business) as middle,
           bool_or(x.place = :most) as cut
      from unnest(cast(:departments as text[]), cast(:deep as boolean[])) d(department, deep)
     cross join unnest(cast(:sorts as text[]), cast(:measures as text[])) m(sort, measure)
      left join lateral (
            select f.business, f.day, row_number() over (order by f.day desc) as place
              from figure_fact f
             where f.department = d.department and f.measure = m.measure and f.day >= :since
               and (d.deep or not f.confidential)
             order by f.day desc limit :most) x on true
     group by d.department, m.sort
""")
_PAIRS = [(sort, measure) for sort, measures in MEASURES.items() for measure in measures]


def lately(
    session: Session, departments: Mapping[str, bool], staff: Staff, *, city: City, at: datetime
) -> Mapping[str, Lately]:
    """Return what each department did in the days that the city's terms name; by its key: with confidential cases?"""
    zone = ZoneInfo(city.organisation.timezone)
    today = at.astimezone(zone).date()
    since = today - timedelta(days=city.forecasts.days)
    keys, deep = list(departments), list(departments.values())
    values: dict[str, Any] = {"departments": keys, "deep": deep, "since": since, "most": MOST}
    pairs = {"sorts": [one for one, _ in _PAIRS], "measures": [one for _, one in _PAIRS]}
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in session.execute(_LATELY, values | pairs):
        rows[row.department][row.sort] = row
    return {key: _of(key, rows[key], staff, city=city, since=since, until=today, zone=zone) for key in keys}


def people_of(staff: Staff, department: str) -> Collection[Person]:
    """Return who works on a department's cases."""
    here = {department, ANY_DEPARTMENT}
    return [
        one
        for one in staff.people.values()
        if any(role in WORKING and where in here for role, where in one.viewer.grants)
    ]


def _of(
    department: str, rows: Mapping[str, Any], staff: Staff, *, city: City, since: date, until: date, zone: ZoneInfo
) -> Lately:
    answers, endings = (_middle(rows.get(sort)) for sort in (ANSWER, ENDING))
    firsts = [row.first for row in rows.values() if row.cut]
    first = max([since, *firsts])
    start, end = (datetime.combine(day, time(), zone) for day in (first, until))
    calendar = rota.calendar_of(city, department)
    worked = sum(
        (one.end - one.start).total_seconds() / _shared(person, city)
        for person in people_of(staff, department)
        for one in staff.spans(person.id, calendar=calendar, since=start, until=end)
    )
    return Lately(answers, endings, int(worked))


def _middle(row: Any) -> Middle:
    return Middle(row.number, float(row.middle)) if row is not None and row.number else NOTHING


def _shared(person: Person, city: City) -> int:
    """Return among how many departments somebody's time is shared."""
    where = {department for role, department in person.viewer.grants if role in WORKING}
    return len(city.departments) if ANY_DEPARTMENT in where else max(len(where), 1)
