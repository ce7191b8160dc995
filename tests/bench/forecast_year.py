"""A generated year of three departments: cases come, people do them or are away; the same year for the same seed.

People do mostly what is due next, and not always: telephones ring, what is overdue is done in between, somebody is ill
who was there in the morning. How long a case takes is drawn for each and known to nobody. Every case has its history as
the product writes it, from which the figures are folded.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from cases.figures.lines import Line
from cases.sla import reckoning, spans
from cases.sla.calendar import Calendar, Span, Window
from cases.sla.policy import Target, Unit

OFFICE = Calendar("office", "Africa/Accra", ((Window(480, 720), Window(780, 1020)),) * 5 + ((), ()))
FIRST, DAYS = date(2026, 1, 5), 364
ANSWER_IN, RESOLVE_IN = Target(240, Unit.MINUTES), Target(16 * 60, Unit.MINUTES)
#: department → people; cases that come on a usual day for each of them
PEOPLE = {"desk": 8, "waste": 5, "works": 4}
A_DAY = 6.4
#: minutes of work in the middle
ANSWERING, RESOLVING = 18, 24
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Case:
    """One case. ``ready_at``: from then on it can be resolved, since others have done their part."""

    id: int
    department: str
    opened_at: datetime
    answer_due: datetime
    resolve_due: datetime
    answering: int
    resolving: int
    ready_after: timedelta
    agent_id: int | None = None
    assigned_at: datetime | None = None
    answered_at: datetime | None = None
    resolved_at: datetime | None = None
    taken: list[tuple[datetime, int]] = field(default_factory=list)

    def nearest(self, at: datetime) -> tuple[str, datetime] | None:
        """Return its nearest promise that is live at an instant, as a case shows it; None where it has ended."""
        if self.resolved_at is not None and self.resolved_at <= at:
            return None
        live = [("resolution", self.resolve_due)]
        if self.answered_at is None or self.answered_at > at:
            live.append(("first_response", self.answer_due))
        return min(live, key=lambda one: one[1])

    def owner(self, at: datetime) -> int | None:
        """Return whose it was at an instant."""
        return next((agent for since, agent in reversed(self.taken) if since <= at), None)

    def workable(self, at: datetime) -> bool:
        """Tell whether somebody can do something on it."""
        return self.answered_at is None or at >= self.answered_at + self.ready_after

    def lines(self) -> Iterator[Line]:
        """Yield its history as the product writes it."""
        happened: list[tuple[datetime, str, dict[str, object]]] = [
            (self.opened_at, "opened", {"channel": "sms"}),
            (self.opened_at, "routed", {"department": self.department, "service": ""}),
            *(
                (self.opened_at, "timer_started", _timer(kind, due=due, started=self.opened_at))
                for kind, due in (("first_response", self.answer_due), ("resolution", self.resolve_due))
            ),
            *((at, "assigned", {"agent": agent}) for at, agent in self.taken),
            *_broken("first_response", self.answer_due, self.answered_at),
            *_broken("resolution", self.resolve_due, self.resolved_at),
        ]
        if self.answered_at is not None:
            happened.append((self.answered_at, "replied", {}))
            happened.append((self.answered_at, "timer_met", _met("first_response", self.answered_at, self.answer_due)))
        if self.resolved_at is not None:
            moved = {"from": "open", "to": "resolved", "outcome": "answered"}
            happened.append((self.resolved_at, "status_changed", moved))
            happened.append((self.resolved_at, "timer_met", _met("resolution", self.resolved_at, self.resolve_due)))
        happened.sort(key=lambda one: one[0])
        for seq, (at, kind, values) in enumerate(happened, 1):
            yield Line(seq, kind, spans.micros(at), self.id * 100 + seq if kind == "replied" else None, values)


@dataclass(slots=True)
class Person:
    """One agent. ``leave`` and ``ill`` are days; who is ill was not expected to be. Who ``keeps`` to their own takes
    nothing from the queue until they have nothing left to do; others take from it what is due before theirs.
    """

    id: int
    department: str
    leave: frozenset[date]
    ill: frozenset[date]
    keeps: bool
    busy: int = 0
    doing: Case | None = None
    cases: list[Case] = field(default_factory=list)

    def is_here(self, day: date) -> bool:
        """Tell whether somebody works on a day."""
        return day not in self.leave and day not in self.ill


class Year:
    """The year, minute by minute of its working time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.days = [one for number in range(DAYS) if (one := FIRST + timedelta(days=number)).weekday() < 5]
        self.people = [
            Person(
                number,
                key,
                self._leave(),
                frozenset(one for one in self.days if self.random.random() < 0.02),
                keeps=self.random.random() < 0.5,
            )
            for number, key in enumerate((key for key, some in PEOPLE.items() for _ in range(some)), 1)
        ]
        self.cases: list[Case] = []
        self.waiting: dict[str, list[Case]] = {key: [] for key in PEOPLE}

    def run(self) -> None:
        """Let it pass."""
        coming = sorted(self._coming(), key=lambda one: one.opened_at)
        self.cases, place = coming, 0
        for day in self.days:
            here = [one for one in self.people if one.is_here(day)]
            for opening in OFFICE.spans(_midnight(day), _midnight(day + timedelta(days=1))):
                for at in _minutes(opening):
                    while place < len(coming) and coming[place].opened_at <= at:
                        self._arrives(coming[place], at, here)
                        place += 1
                    for person in here:
                        self._works(person, at)

    def _leave(self) -> frozenset[date]:
        days: set[date] = set()
        for _ in range(4):
            since = self.random.randrange(len(self.days))
            days |= set(self.days[since : since + self.random.choice((2, 5, 5, 10))])
        return frozenset(days)

    def _coming(self) -> Iterator[Case]:
        number = 0
        for key, some in PEOPLE.items():
            season = self.random.uniform(0.9, 1.05)
            for day in self.days:
                surge = self.random.lognormvariate(0, 0.25) * (1.25 if day.weekday() == 0 else 1.0)
                for _ in range(_poisson(self.random, some * A_DAY * season * surge)):
                    number += 1
                    yield self._case(number, key, day)

    def _case(self, number: int, key: str, day: date) -> Case:
        at = _midnight(day) + timedelta(minutes=self.random.triangular(360, 1260, 600))
        return Case(
            number,
            key,
            at,
            reckoning.due(OFFICE, ANSWER_IN, started=at),
            reckoning.due(OFFICE, RESOLVE_IN, started=at),
            max(2, round(self.random.lognormvariate(0, 0.6) * ANSWERING)),
            max(2, round(self.random.lognormvariate(0, 0.6) * RESOLVING)),
            timedelta(hours=self.random.expovariate(1 / 6)),
        )

    def _arrives(self, case: Case, at: datetime, here: Sequence[Person]) -> None:
        """Give a case to who has the least, or leave it in the queue."""
        able = [one for one in here if one.department == case.department]
        if able and self.random.random() < 0.6:
            self._give(case, min(able, key=lambda one: (len(one.cases), one.id)), at)
        else:
            self.waiting[case.department].append(case)

    @staticmethod
    def _give(case: Case, person: Person, at: datetime) -> None:
        case.agent_id, case.assigned_at = person.id, at
        case.taken.append((at, person.id))
        person.cases.append(case)

    def _works(self, person: Person, at: datetime) -> None:
        if person.busy:
            person.busy -= 1
            if not person.busy and person.doing is not None:
                self._done(person, person.doing, at + MINUTE)
            return
        if self.random.random() < 0.01:  # the telephone rings, a colleague asks, there is a meeting
            person.busy, person.doing = max(1, round(self.random.expovariate(1 / 12))), None
            return
        case = self._next(person, at)
        if case is not None:
            person.doing = case
            person.busy = (case.answering if case.answered_at is None else case.resolving) - 1
            if not person.busy:
                self._done(person, case, at + MINUTE)

    def _next(self, person: Person, at: datetime) -> Case | None:
        able = [one for one in person.cases if one.workable(at)]
        waiting = self.waiting[person.department]
        first = min(waiting, key=lambda one: (one.answer_due < at, one.answer_due)) if waiting else None
        if able and self.random.random() < 0.1:
            return self.random.choice(able)
        own = min(able, key=lambda one: (_due(one) < at, _due(one))) if able else None
        if own is not None and (first is None or person.keeps or _due(own) <= first.answer_due):
            return own
        if first is not None:
            waiting.remove(first)
            self._give(first, person, at)
        return first

    @staticmethod
    def _done(person: Person, case: Case, at: datetime) -> None:
        person.doing, person.busy = None, 0
        if case.answered_at is None:
            case.answered_at = at
        else:
            case.resolved_at = at
            person.cases.remove(case)


def _due(case: Case) -> datetime:
    return case.answer_due if case.answered_at is None else case.resolve_due


def _timer(kind: str, *, due: datetime, started: datetime) -> dict[str, object]:
    return {"timer": kind, "instance": 1, "calendar": OFFICE.key, "started_at": started.isoformat(),
            "due_at": due.isoformat()}  # fmt: skip


def _met(kind: str, at: datetime, due: datetime) -> dict[str, object]:
    return {"timer": kind, "instance": 1, "at": at.isoformat(), "late": at > due}


def _broken(kind: str, due: datetime, kept: datetime | None) -> list[tuple[datetime, str, dict[str, object]]]:
    if kept is not None and kept <= due:
        return []
    return [(due, "timer_breached", {"timer": kind, "instance": 1, "due_at": due.isoformat()})]


def _minutes(span: Span) -> Iterator[datetime]:
    at = span.start
    while at < span.end:
        yield at
        at += MINUTE


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _poisson(chance: random.Random, mean: float) -> int:
    left, number = mean, 0
    while (left := left - chance.expovariate(1.0)) > 0:
        number += 1
    return number
