"""Who hears of an escalation, and from when on: pure, from the people who work here and their leave and hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from cases.permissions import ANY_DEPARTMENT, Action, Guarded, Role, Viewer, may
from cases.sla.calendar import Calendar, Span, Window

ASSIGNEE = "assignee"
Week = tuple[tuple[Window, ...], ...]


class Owned(Guarded, Protocol):
    """What has to be known of a case, or of a task in it."""

    @property
    def assignee_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """A task as its case and its own assignee have it: who reads the case, and who is to do the work."""

    department: str | None
    confidential: bool
    assignee_id: int | None
    about: Collection[str] = ()


class Leave(NamedTuple):
    """Away from ``since`` until just before ``until``; ``stand_in`` is told instead."""

    since: datetime
    until: datetime
    stand_in: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """An active agent. ``week`` are hours of their own, Monday first; None: those of the promise's calendar."""

    viewer: Viewer
    week: Week | None = None
    leave: Sequence[Leave] = ()

    @property
    def id(self) -> int:
        """The agent's id."""
        return self.viewer.id or 0


class Told(NamedTuple):
    """Somebody to tell, not before their hours begin."""

    agent_id: int
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Staff:
    """All active agents by id, and the zone of their hours."""

    people: Mapping[int, Person]
    zone: str
    _calendars: dict[tuple[int, str], Calendar] = field(default_factory=dict)

    def who(self, to: Iterable[str], case: Owned, *, calendar: Calendar, at: datetime) -> list[Told]:
        """Return who is told, each once: of those who are named and may read the case, whoever is there.

        Who is on leave when their hours begin is replaced by their stand-in, else left out if others remain. Where
        nobody is found, or nobody owns the case, its department's supervisors are told.
        """
        named = self._named(to, case) or self._of_role(Role.SUPERVISOR, case)
        there = [self._present(person, case, calendar, at) for person in named]
        chosen = [one for one in there if one is not None] or named
        return [Told(one.id, self._from(one, calendar, at)) for one in {one.id: one for one in chosen}.values()]

    def is_here(self, agent_id: int, *, calendar: Calendar, at: datetime) -> bool:
        """Tell whether somebody works at an instant: in their hours, and not on leave."""
        person = self.people.get(agent_id)
        return person is not None and leave_at(person, at) is None and self._hours(person, calendar).is_open(at)

    def spans(self, agent_id: int, *, calendar: Calendar, since: datetime, until: datetime) -> Iterator[Span]:
        """Yield when somebody works within a time, by their hours and without their leave; ascending."""
        person = self.people.get(agent_id)
        open_spans = self._hours(person, calendar).spans(since, until) if person else iter(())
        away = sorted((one.since, one.until) for one in person.leave) if person else []
        for span in open_spans:
            yield from _without(span, away)

    def _named(self, to: Iterable[str], case: Owned) -> list[Person]:
        found: dict[int, Person] = {}
        for word in to:
            owner = self.people.get(case.assignee_id or 0) if word == ASSIGNEE else None
            role = Role.SUPERVISOR if word == ASSIGNEE else word
            people = [owner] if owner and _reads(owner, case) else self._of_role(role, case)
            found.update((one.id, one) for one in people)
        return list(found.values())

    def _of_role(self, role: str, case: Owned) -> list[Person]:
        """Return who has a role where the case is; the tray is everybody's who has it everywhere."""
        wanted = {(role, ANY_DEPARTMENT), (role, case.department)}
        return [one for one in self.people.values() if wanted & one.viewer.grants and _reads(one, case)]

    def _present(self, person: Person, case: Owned, calendar: Calendar, at: datetime) -> Person | None:
        """Return the person, or who stands in for them, or for that one in turn; None where nobody does."""
        seen: set[int] = set()
        one: Person | None = person
        while one is not None and one.id not in seen:
            leave = leave_at(one, self._from(one, calendar, at))
            if leave is None:
                return one if _reads(one, case) else None
            seen.add(one.id)
            one = self.people.get(leave.stand_in or 0)
        return None

    def _from(self, person: Person, calendar: Calendar, at: datetime) -> datetime:
        return self._hours(person, calendar).next_opening(at)

    def _hours(self, person: Person, calendar: Calendar) -> Calendar:
        """Return when somebody works. Whoever has hours of their own is free on the calendar's closed days too."""
        if person.week is None:
            return calendar
        key = (person.id, calendar.key)
        if key not in self._calendars:
            closed = {day: special for day, special in calendar.special.items() if not special.windows}
            self._calendars[key] = Calendar(f"agent-{person.id}", self.zone, person.week, closed)
        return self._calendars[key]


def _without(span: Span, away: Iterable[tuple[datetime, datetime]]) -> Iterator[Span]:
    """Yield what is left of a span without times that are sorted by their beginning."""
    start = span.start
    for since, until in away:
        if since > start and since < span.end:
            yield Span(start, since)
        if since < span.end:
            start = max(start, until)
    if start < span.end:
        yield Span(start, span.end)


def week_of(shifts: Iterable[tuple[int, int, int]]) -> Week | None:
    """Return a week of (weekday, opens, closes); None where there are none."""
    rows = sorted(shifts)
    return tuple(tuple(_windows(rows, day)) for day in range(7)) if rows else None


def _windows(rows: Iterable[tuple[int, int, int]], day: int) -> Iterator[Window]:
    return (Window(opens, closes) for weekday, opens, closes in rows if weekday == day)


def leave_at(person: Person, at: datetime) -> Leave | None:
    """Return the leave that somebody is on at an instant."""
    return next((one for one in person.leave if one.since <= at < one.until), None)


def _reads(person: Person, case: Owned) -> bool:
    return may(person.viewer, Action.READ, case)
