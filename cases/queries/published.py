"""What is published of an area: rows without reference, words or name, of services that are public by configuration.

Never a confidential case, one of a department that hears complaints about the Assembly's own people, or one that says
whom it complains of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.dialogue_places import area_of, within
from cases.lifecycle import ENDED, Status
from cases.routing.places import Place

#: how far back rows and counts go
DAYS = 90
ROWS = 50
#: counted of one place at most; a count that came to it says "or more"
MOST_OF_A_PLACE = 2000
WORKED_ON, WAITS, SETTLED = "worked_on", "waits", "settled"
FAMILIES: Mapping[str, str] = {WORKED_ON: "Being worked on", WAITS: "Waiting", SETTLED: "Settled"}
_PUBLISHED = """
    f.routing ->> 'place' = p.place and not f.confidential and f.service is not null and f.merged_into_id is null
    and f.service = any(:services) and f.department = any(:departments) and f.about = '{}'
"""
# Of each place along its index; the latest of all places are shown.
_ROWS = text(
    f"""
    select c.*, (select t.due_at from timer t where t.case_id = c.id and t.kind = 'resolution'
                  order by t.instance desc limit 1) as promised
      from unnest(cast(:places as text[])) as p(place) cross join lateral (
           select f.id, f.service, f.department, f.status, f.outcome, f.opened_at, p.place from case_file f
            where {_PUBLISHED} and f.opened_at > :since and (f.opened_at, f.id) < (:before_at, :before_id)
            order by f.opened_at desc, f.id desc limit :most) c
     order by c.opened_at desc, c.id desc limit :most
    """
)
_COUNTS = text(
    f"""
    select c.service, c.status, count(*) as number
      from unnest(cast(:places as text[])) as p(place) cross join lateral (
           select f.service, f.status from case_file f where {_PUBLISHED} and f.opened_at > :since limit :most) c
     group by 1, 2
    """
)
_ONE = text(
    f"""
    select f.id, f.opened_at from unnest(cast(:places as text[])) as p(place) join case_file f on {_PUBLISHED}
     where f.id = :case_id and f.opened_at > :since
    """
).bindparams(bindparam("case_id"))


@dataclass(frozen=True, slots=True)
class Published:
    """One row. ``key`` names it to the server alone; ``outcome`` only of what is settled."""

    key: int
    service: str
    area: str
    opened: date
    family: str
    promised: date | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """A service's cases of the last ``DAYS`` days, by family of status."""

    service: str
    worked_on: int
    waits: int
    settled: int


def rows(
    session: Session, city: City, area: Place, *, before: int | None = None, limit: int = ROWS
) -> Sequence[Published]:
    """Return rows of an area, the latest first, opened before the row of key ``before``; one more than ``limit`` where
    there are more.
    """
    values = _values(session, city, area)
    beside = _one(session, values, before) if before is not None else None
    far = {"before_at": clock.now(session) + timedelta(days=1), "before_id": 0}
    behind = {"before_at": beside.opened_at, "before_id": beside.id} if beside else far
    found = session.execute(_ROWS, values | behind | {"most": limit + 1})
    return [_row(one, city) for one in found]


def counts(session: Session, city: City, area: Place) -> Sequence[Count]:
    """Return an area's counts by service, the most first."""
    values = _values(session, city, area) | {"most": MOST_OF_A_PLACE}
    found: dict[str, dict[str, int]] = {}
    for one in session.execute(_COUNTS, values):
        of_service = found.setdefault(one.service, dict.fromkeys(FAMILIES, 0))
        of_service[family(one.status)] += one.number
    every = [Count(service, **numbers) for service, numbers in found.items()]
    return sorted(every, key=lambda one: (-(one.worked_on + one.waits + one.settled), one.service))


def is_published(session: Session, city: City, area: Place, case_id: int) -> bool:
    """Tell whether a case has a row among those of an area."""
    return _one(session, _values(session, city, area), case_id) is not None


def services(city: City) -> Iterator[tuple[str, str]]:
    """Yield the services whose cases are published: key and department."""
    for department in city.departments.values():
        if not department.confidential and not department.conduct:
            yield from ((one.key, department.key) for one in department.services if one.published)


def family(status: str) -> str:
    """Return a status as it is published."""
    if status in ENDED:
        return SETTLED
    return WAITS if status in (Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY) else WORKED_ON


def _one(session: Session, values: Mapping[str, Any], case_id: int) -> Any:
    return session.execute(_ONE, {**values, "case_id": case_id}).one_or_none()


def _values(session: Session, city: City, area: Place) -> dict[str, Any]:
    published = list(services(city))
    return {
        "places": list(within(city, area)),
        "services": [key for key, _ in published],
        "departments": sorted({department for _, department in published}),
        "since": clock.now(session) - timedelta(days=DAYS),
    }


def _row(one: Any, city: City) -> Published:
    place, zone = area_of(city, one.place), ZoneInfo(city.organisation.timezone)
    kind = family(one.status)
    return Published(
        key=one.id,
        service=one.service,
        area=place.name if place else one.place,
        opened=_day(one.opened_at, zone),
        family=kind,
        promised=_day(one.promised, zone) if one.promised and kind != SETTLED else None,
        outcome=one.outcome if kind == SETTLED else None,
    )


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
