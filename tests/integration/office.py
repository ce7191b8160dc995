"""An office that keeps time: citizens write, agents answer, tickers wake, at instants that a test names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select

from cases import lifecycle, overrides, priorities, replies
from cases.clock import TestClock, set_test_clock
from cases.departments import City
from cases.lifecycle import Outcome, Status
from cases.models import Case, Event, Message, Pause, Timer
from cases.permissions import Viewer
from cases.sla import clinic, waking
from cases.sla.calendar import Calendar, SpecialDay, Window
from cases.sla.policy import PAUSING, Policy, Step, Target, Unit
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say

DAY = (Window(8 * 60, 12 * 60), Window(13 * 60, 17 * 60))
HOLIDAY = date(2026, 3, 6)  # a Friday
PAUSES = dict.fromkeys(("next_response", "resolution", "department_leg"), PAUSING)


def hours(number: int) -> Target:
    """Return so many working hours."""
    return Target(number * 60, Unit.MINUTES)


def calendar(*closed: date) -> Calendar:
    """Return office hours with a lunch break, Monday to Friday, in Accra."""
    return Calendar("office", "Africa/Accra", (DAY,) * 5 + ((), ()), {day: SpecialDay(day, ()) for day in closed})


def make_office(*policies: Policy, **changes: object) -> City:
    """Return the test city with an office calendar and these policies."""
    usual = Policy("usual", {"first_response": hours(4), "resolution": hours(16), "next_response": hours(8)}, "office")
    steps = (Step("75%", ("assignee",)), Step("-30", ("supervisor",)))
    return make_city(
        policies=policies or (replace(usual, pauses=PAUSES, steps=steps),),
        calendars={"office": calendar(HOLIDAY)},
        **changes,
    )


class Office:
    """One day after another; ``at`` says when the next thing happens."""

    def __init__(self, db: Database, city: City) -> None:
        self.db, self.city = db, city
        self.agent: Viewer = db.run(lambda uow: make_agent(uow.session, "Ama", ("supervisor", "*")))
        self.case_id = 0
        self.sound = True

    def at(self, instant: str) -> Office:
        """Let it be this instant, in UTC, until another is named."""
        set_test_clock(TestClock(when(instant), speed=0.0))
        return self

    def says(self, text: str = "The gutter is choked", *, number: int = 1) -> int:
        """Let a citizen write; returns the case."""
        received = self.db.run(lambda uow: say(uow.session, self.city, text, sender=phone(number)))
        assert received.case_id is not None
        self.case_id = received.case_id
        return self.case_id

    def answers(self, text: str = "We are on it", *, wait: bool = False, resolve: Outcome | None = None) -> int:
        """Let the agent answer; returns the message."""
        how = {"city": self.city, "reference": self.case.reference, "text": text, "wait": wait, "resolve": resolve}
        return self.db.run(lambda uow: replies.reply(uow.session, self.agent, **how).id)  # type: ignore[arg-type]

    def moves(self, to: Status, outcome: Outcome | None = None) -> None:
        """Change the status without a word."""
        how = {"reference": self.case.reference, "to": to, "calendars": self.city.calendars, "outcome": outcome}
        self.db.run(lambda uow: lifecycle.transition(uow.session, self.agent, **how))  # type: ignore[arg-type]

    def prioritises(self, priority: str) -> None:
        """Change the priority."""
        how = {"city": self.city, "reference": self.case.reference, "priority": priority}
        self.db.run(lambda uow: priorities.set_priority(uow.session, self.agent, **how))  # type: ignore[arg-type]

    def sets(self, kind: str, due: str, reason: str = "the minister asked") -> None:
        """Set a deadline by hand."""
        how = {"timer_id": self.timer(kind).id, "due": when(due), "reason": reason}
        reference = self.case.reference
        self.db.run(
            lambda uow: overrides.set_deadline(uow.session, self.agent, city=self.city, reference=reference, **how)  # type: ignore[arg-type]
        )

    def wakes(self) -> int:
        """Let a ticker look once."""
        return self.db.run(lambda uow: waking.wake(uow.session, calendars=self.city.calendars, at=now()))

    @property
    def case(self) -> Case:
        """The case as it stands."""
        with self.db.reader() as session:
            return session.get_one(Case, self.case_id)

    def timers(self) -> dict[str, Timer]:
        """The latest timer of each kind."""
        with self.db.reader() as session:
            rows = session.scalars(select(Timer).where(Timer.case_id == self.case_id).order_by(Timer.instance))
            return {row.kind: row for row in rows}

    def timer(self, kind: str) -> Timer:
        """The latest timer of one kind."""
        return self.timers()[kind]

    def due(self, kind: str) -> str:
        """When the latest timer of a kind is due, in words."""
        return words(self.timer(kind).due_at)

    def pauses(self, kind: str) -> list[tuple[str, str, str]]:
        """The pauses of the latest timer of a kind."""
        with self.db.reader() as session:
            query = select(Pause).where(Pause.timer_id == self.timer(kind).id).order_by(Pause.since)
            return [(words(one.since), words(one.until), one.reason) for one in session.scalars(query)]

    def history(self, *kinds: str) -> list[dict[str, object]]:
        """The values of the case's events of these kinds, in order."""
        with self.db.reader() as session:
            query = select(Event).where(Event.case_id == self.case_id, Event.kind.in_(kinds)).order_by(Event.seq)
            return [{"kind": one.kind, **one.values} for one in session.scalars(query)]

    def plants(self) -> None:
        """Say that this test changes rows by hand."""
        self.sound = False

    def drifts(self) -> tuple[clinic.Drift, ...]:
        """Return where timers drift from what follows from the histories of all cases."""
        with self.db.reader() as session:
            return clinic.look(session, session.scalars(select(Case.id)).all(), calendars=self.city.calendars).drifts

    def message(self, message_id: int) -> Message:
        """A message as it stands."""
        with self.db.reader() as session:
            return session.get_one(Message, message_id)


@contextmanager
def office(db: Database, *policies: Policy, **changes: object) -> Iterator[Office]:
    """Open an office, and set the clock right afterwards."""
    try:
        opened = Office(db, make_office(*policies, **changes))
        yield opened
        assert not opened.sound or opened.drifts() == ()  # whatever a test did, rows and history say the same
    finally:
        set_test_clock(None)


def when(instant: str) -> datetime:
    """Read an instant of UTC such as ``2026-03-03 10:00``."""
    return datetime.fromisoformat(instant).replace(tzinfo=UTC)


def words(instant: datetime | None) -> str:
    """Write an instant as :func:`when` reads it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if instant else "-"


def now() -> datetime:
    """Return the instant that the office stands at."""
    from cases.clock import _test_clock

    assert _test_clock is not None
    return _test_clock.anchor
