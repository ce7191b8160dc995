"""A department's week: who works when, who is on leave and who stands in, and when nobody is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import rota, staff
from cases.choosing import WORKING
from cases.departments import City
from cases.models import Agent, AgentRole, Shift
from cases.permissions import ANY_DEPARTMENT, Role, Viewer
from cases.recipients import Leave, Person, Staff
from cases.reviews.sampling import check_steers
from cases.sla.calendar import Calendar, Span

DAYS = 7
_HERE = (*WORKING, Role.SUPERVISOR, Role.COUNTER_CLERK, Role.FIELD_OFFICER)


@dataclass(frozen=True, slots=True)
class OnLeave:
    """A leave that touches a day. ``stand_in`` is a name, None where nobody stands in."""

    until: datetime
    stand_in: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody's week. ``own``: they have hours of their own; ``planned``: the viewer may change them.

    ``days`` are the spans in which they work; ``leave`` by the number of the day. ``shifts``: (weekday, opens, closes).
    """

    agent_id: int
    name: str
    works: bool
    own: bool
    planned: bool
    days: Sequence[Sequence[Span]]
    leave: Mapping[int, OnLeave]
    shifts: Sequence[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Week:
    """A department's week. ``gaps``: by day, when its calendar is open and nobody who works on cases is there."""

    days: Sequence[date]
    lines: Sequence[Line]
    open: Sequence[Sequence[Span]]
    gaps: Sequence[Sequence[Span]]


def week(session: Session, viewer: Viewer, *, city: City, department: str, monday: date) -> Week:
    """Return the week of a department; raises ``NotFound`` for one that the viewer does not steer."""
    check_steers(viewer, city, department)
    zone = ZoneInfo(city.organisation.timezone)
    starts = [datetime.combine(monday + timedelta(days=number), time(), zone) for number in range(DAYS + 1)]
    people, calendar = rota.read(session, city, at=starts[0]), rota.calendar_of(city, department)
    mine = {one for one, _ in staff.people(session, viewer)} | {viewer.id}
    here = [one for one in people.people.values() if _works_in(one, department, _HERE)]
    shifts = _shifts(session, [one.id for one in here])
    lines = [
        _line(one, people, calendar, starts, works=_works_in(one, department, WORKING), planned=one.id in mine,
              shifts=shifts.get(one.id, ()))
        for one in sorted(here, key=lambda one: (one.viewer.name.casefold(), one.id))
    ]  # fmt: skip
    opened = [list(calendar.spans(since, until)) for since, until in _pairs(starts)]
    covered = [[span for line in lines if line.works for span in line.days[number]] for number in range(DAYS)]
    gaps = [list(without(one, there)) for one, there in zip(opened, covered, strict=True)]
    return Week([one.date() for one in starts[:-1]], lines, opened, gaps)


def staffed(session: Session) -> frozenset[str]:
    """Return the departments that a grant of somebody who may log in names."""
    named = select(AgentRole.department).join(Agent, Agent.id == AgentRole.agent_id).where(*rota.WORKS)
    return frozenset(session.scalars(named.distinct()))


def without(spans: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of spans outside of others, ascending."""
    others = sorted(taken)
    for span in spans:
        start = span.start
        for one in others:
            if one.start > start and one.start < span.end:
                yield Span(start, one.start)
            if one.start < span.end:
                start = max(start, one.end)
        if start < span.end:
            yield Span(start, span.end)


def _line(
    person: Person,
    people: Staff,
    calendar: Calendar,
    starts: Sequence[datetime],
    *,
    works: bool,
    planned: bool,
    shifts: Sequence[tuple[int, int, int]],
) -> Line:
    days = [
        list(people.spans(person.id, calendar=calendar, since=since, until=until)) for since, until in _pairs(starts)
    ]
    leave = {
        number: OnLeave(one.until, _name(people, one))
        for number, (since, until) in enumerate(_pairs(starts))
        for one in person.leave
        if one.since < until and one.until > since
    }
    return Line(person.id, person.viewer.name, works, person.week is not None, planned, days, leave, shifts)


def _pairs(starts: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    return pairwise(starts)


def _name(people: Staff, leave: Leave) -> str | None:
    found = people.people.get(leave.stand_in or 0)
    return found.viewer.name if found else None


def _works_in(person: Person, department: str, roles: Iterable[str]) -> bool:
    return any(role in roles and where in (department, ANY_DEPARTMENT) for role, where in person.viewer.grants)


def _shifts(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[tuple[int, int, int]]]:
    found: dict[int, list[tuple[int, int, int]]] = {}
    query = select(Shift).where(Shift.agent_id.in_(ids)).order_by(Shift.weekday, Shift.opens)
    for one in session.scalars(query):
        found.setdefault(one.agent_id, []).append((one.weekday, one.opens, one.closes))
    return found
