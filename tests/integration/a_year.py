"""A year of an office, made by the product's own commands: what citizens and agents do is drawn, the same each time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from cases import assignment, clock, contacts, dialogue_cases, intake, priorities, replies, undoing
from cases.calls import history
from cases.clock import TestClock, set_test_clock
from cases.contacts import ContactKind, Direction
from cases.departments import City, Department
from cases.errors import DomainError
from cases.figures import first_contact, nights, projecting
from cases.figures.setting import setting_of
from cases.forms import Asker
from cases.letters import drawing
from cases.lifecycle import Outcome, Status
from cases.models import Case, PhoneCall
from cases.models.event import Happened, record
from cases.routing.gazetteer import Gazetteer
from cases.routing.phrases import phrase
from cases.routing.places import Place
from cases.services import Service
from cases.sla.policy import Policy, Step, Unanswered
from contactcentre.db import Database, UnitOfWork
from tests.factories import Organisation, inbound, phone
from tests.integration.counting import reported
from tests.integration.office import PAUSES, Office, hours, make_office
from tests.integration.print_room import PDF, PrintRoom, letter
from tests.integration.rearranging import merge, messages, refile, split, undo

START, DAYS = datetime(2026, 1, 5, 9, 0, tzinfo=UTC), 365
#: its days begin where the office's calendar is not, and its clocks change twice a year
ZONE = "Pacific/Auckland"
WORDS = ("gutter", "bin", "hours")
PLACES = ("Quayside", "Lower Quay", "Hillside", "")
CHANNELS = ("sms", "sms", "ussd", "voice", "email")


def _service(key: str, department: str, word: str) -> Service:
    return Service(key, key.title(), "service", department, words={"en": (phrase(word),)})


WASTE = (_service("lift", "waste", "bin"), _service("sweeping", "waste", "dirt"))
WORKS = (_service("drain", "works", "gutter"), _service("road", "works", "hole"))


def year_city() -> City:
    """Return a city of three departments, four places and a short code; one still owes answers once resolved."""
    targets = {"first_response": hours(4), "resolution": hours(16), "next_response": hours(8)}
    steps = (Step("75%", ("assignee",)), Step("-30", ("supervisor",)))
    usual = Policy("usual", {**targets, "department_leg": hours(12)}, "office", pauses=PAUSES, steps=steps)
    return make_office(
        replace(usual, unanswered=Unanswered.WAIVED),
        replace(usual, key="waste", department="waste"),
        rules=(),
        organisation=Organisation("Test Assembly", "Test", "NZ", "NZD", ZONE, "111", "en", ("en",)),
        departments={
            "desk": Department("desk", "Client services", "Clients", (_service("enquiry", "desk", "hours"),)),
            "waste": Department("waste", "Waste", "Waste", WASTE),
            "works": Department("works", "Works", "Works", WORKS),
        },
        gazetteer=Gazetteer([
            Place("Quayside", "area"),
            Place("Lower Quay", "community", "Quayside"),
            Place("Hillside", "area"),
        ]),
    )  # fmt: skip


class Year:
    """One year, action by action; ``live`` are the cases by the phone that opened them."""

    def __init__(self, db: Database, *, cases: int, days: int = DAYS, seed: int = 7) -> None:
        self.office = Office(db, year_city())
        self.room = PrintRoom(self.office)
        self.random = random.Random(seed)
        self.queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self.refused, self.days = 0, days
        self.of: dict[int, list[int]] = {}
        self.printed: list[int] = []
        self.now = START
        for _ in range(cases):
            self.plan(START + timedelta(days=self.random.uniform(0, days - 20)), self.opens)
        for day in range(days):
            self.plan(START + timedelta(days=day, hours=3.5), self.ticks)
            self.plan(START + timedelta(days=day, hours=4.5), self.prints)
            self.plan(START + timedelta(days=day, hours=self.random.uniform(5, 9)), self.posts)

    @property
    def city(self) -> City:
        """The city."""
        return self.office.city

    def plan(self, at: datetime, action: Callable[[], None]) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self.queue, (at.replace(microsecond=self.random.randrange(10**6)), len(self.queue), action))

    def run(self) -> None:
        """Let the year pass."""
        until = START + timedelta(days=self.days)
        while self.queue:
            at, _, action = heapq.heappop(self.queue)
            if at > until:
                break
            self.now = at
            set_test_clock(TestClock(at, speed=0.0))
            try:
                action()
            except DomainError:
                self.refused += 1
        self.ticks()

    def ticks(self) -> None:
        """Let a ticker look at promises, count what waits, and the night."""
        desk, setting = self.office, setting_of(self.city)
        desk.wakes()

        def batch(uow: UnitOfWork) -> int:
            return projecting.project(uow.session, setting, at=clock.now(uow.session))

        while desk.db.run(batch):
            pass
        desk.db.run(lambda uow: nights.take_night(uow.session, setting, at=clock.now(uow.session)))
        while desk.db.run(lambda uow: first_contact.take_day(uow.session, setting, at=clock.now(uow.session))):
            pass

    def prints(self) -> None:
        """Print what was written as a letter."""
        entered = self.room.leaves()
        for one in entered:
            self.office.db.run(lambda uow, one=one: drawing.drawn(uow.session, one, PDF, at=clock.now(uow.session)))  # type: ignore[misc]
        if entered:
            self.room.prints(*entered)
            self.printed += entered

    def posts(self) -> None:
        """Post what was printed, mostly; some letters come back."""
        if self.printed and self.random.random() < 0.6:
            posted, self.printed, today = self.printed, [], str(setting_of(self.city).date_of(self.now))
            self.room.posts(*posted, on=today)
            if self.random.random() < 0.3:
                lost = self.random.choice(posted)
                self.plan(self.now + timedelta(hours=30), lambda: self.room.comes_back(lost, on=today))

    def opens(self) -> None:
        """Let a citizen write: mostly about something new, by some channel."""
        number = self.random.randrange(1, 40)
        text = f"The {self.random.choice(WORDS)} at {self.random.choice(PLACES)} {self.random.random()}"
        message = replace(inbound(text, sender=phone(number)), channel=self.random.choice(CHANNELS))
        if self.random.random() < 0.2:
            message = letter(text, home=f"P.O. Box {number}, Port")
        desk = self.office
        received = desk.db.run(lambda uow: intake.receive(uow.session, message, city=desk.city))
        if received.case_id is None:
            return
        if received.case_id not in self.of.setdefault(number, []):
            self.of[number].append(received.case_id)
        self.goes_on(received.case_id, number)

    def goes_on(self, case_id: int, number: int) -> None:
        """Let some things happen to a case."""
        at = self.now
        for _ in range(self.random.randrange(1, 9)):
            at += timedelta(hours=self.random.choice((0.1, 0.5, 3, 8, 20, 50, 100)) * self.random.uniform(0.5, 1.5))
            action = self.random.choice(self.ACTIONS)
            self.plan(at, self._of(case_id, number, action))

    def _of(self, case_id: int, number: int, action: Callable[[Year, int], None]) -> Callable[[], None]:
        def act() -> None:
            self.office.case_id = case_id
            action(self, number)

        return act

    def _how(self, **values: object) -> dict[str, object]:
        return {"reference": self.office.case.reference, **values}

    def says(self, number: int) -> None:
        """Let the citizen write again, thanks among it."""
        text = self.random.choice(("thanks", "Hello?", "It is still so", "The bin again"))
        by_letter = self.office.case.channel == "letters"
        message = letter(text, home=f"P.O. Box {number}, Port") if by_letter else inbound(text, sender=phone(number))
        self.office.db.run(lambda uow: intake.receive(uow.session, message, city=self.city))

    def answers(self, _: int) -> None:
        """Answer, sometimes so that the case waits or is resolved."""
        how = self.random.choice(({}, {"wait": True}, {"resolve": Outcome.ANSWERED}, {"resolve": Outcome.FIXED}))
        message = self.office.answers(**how)
        if self.random.random() < 0.15 and self.office.case.channel != "letters":
            reported(self.office, message)  # of letters it is told when they come back

    def undoes(self, _: int) -> None:
        """Answer and take it back."""
        desk, resolve = self.office, self.random.choice((None, Outcome.ANSWERED))
        how = self._how(city=self.city, text="Oh", resolve=resolve, undo=timedelta(seconds=10))
        message = desk.db.run(lambda uow: replies.reply(uow.session, desk.agent, **how).id)  # type: ignore[arg-type]
        gone = self._how(city=self.city, message_id=message)
        desk.db.run(lambda uow: undoing.undo(uow.session, desk.agent, **gone))  # type: ignore[arg-type]

    def resolves(self, _: int) -> None:
        """Resolve without a word."""
        self.office.moves(Status.RESOLVED, Outcome.FIXED)

    def moves(self, _: int) -> None:
        """Move the case into another status."""
        self.office.moves(self.random.choice((Status.WAITING_ON_THIRD_PARTY, Status.OPEN, Status.CLOSED)))

    def transfers(self, _: int) -> None:
        """Give the case to another department."""
        how = self._how(city=self.city, department=self.random.choice(("desk", "waste", "works")), reason="")
        self.office.db.run(lambda uow: assignment.transfer(uow.session, self.office.agent, **how))  # type: ignore[arg-type]

    def calls(self, _: int) -> None:
        """Log a call or a visit."""
        kind, way = self.random.choice(list(ContactKind)), self.random.choice(list(Direction))
        how = self._how(city=self.city, kind=kind, direction=way, reached=self.random.random() < 0.7, text="Spoke")
        self.office.db.run(lambda uow: contacts.log(uow.session, self.office.agent, **how))  # type: ignore[arg-type]

    def prioritises(self, _: int) -> None:
        """Say that the case is about a service of its department."""
        department = self.city.departments[self.office.case.department or "desk"]
        how = self._how(city=self.city, service=self.random.choice(department.services).key)
        self.office.db.run(lambda uow: priorities.set_service(uow.session, self.office.agent, **how))  # type: ignore[arg-type]

    def rates(self, number: int) -> None:
        """Let the citizen rate the resolution."""
        asker = Asker("ussd", "sms-front", "sms-front", phone(number), f"turn-{self.random.random()}")
        asker.reference, asker.proved = self.office.case.reference, True
        score = {"score": str(self.random.randrange(1, 6))}
        self.office.db.run(lambda uow: dialogue_cases.rate(uow.session, score, asker, self.city))

    def hides(self, _: int) -> None:
        """Let the case be confidential from now on, or no longer."""
        desk, secret = self.office, self.random.random() < 0.7

        def hide(uow: UnitOfWork) -> None:
            case = uow.session.scalars(select(Case).where(Case.id == desk.case_id).with_for_update()).one()
            said = Happened("restricted", desk.agent.actor, {"confidential": secret})
            record(uow.session, case, [said], at=clock.now(uow.session))

        desk.db.run(hide)

    def merges(self, number: int) -> None:
        """Let the case go into another one, mostly of the same citizen."""
        near = self.of[number] if self.random.random() < 0.7 else self.of[self.random.choice(list(self.of))]
        self.rearranges(merge(self.office, self.office.case_id, self.random.choice(near)))

    def refiles(self, number: int) -> None:
        """Put the latest message of the case into another case of the citizen."""
        message, source = messages(self.office, self.office.case_id)[-1:], self.office.case_id
        others = [one for one in self.of[number] if one != source]
        if message and others:
            self.rearranges(refile(self.office, message[0], source, self.random.choice(others)))

    def splits(self, number: int) -> None:
        """Make a case of the latest message; it has a life of its own."""
        said = messages(self.office, self.office.case_id)[1:]
        if said:
            made, case_id = split(self.office, self.office.case_id, said[-1], tell=self.random.random() < 0.5)
            self.rearranges(made)
            self.of[number].append(case_id)
            self.goes_on(case_id, number)

    def rearranges(self, number: int) -> None:
        """Undo a merge, split or refile a while later, or not."""
        if self.random.random() < 0.5:
            at = self.now + timedelta(hours=self.random.choice((0.2, 3, 30)))
            self.plan(at, lambda: undo(self.office, number))

    def rings(self, number: int) -> None:
        """Let a call of the citizen, or to them, begin about the case."""
        case_id, way = self.office.case_id, self.random.choice(("in", "in", "out"))

        def ring(uow: UnitOfWork) -> None:
            at, tag = clock.now(uow.session), f"call-{self.random.random()}"
            how = {"account": "voice", "direction": way, "line": "4404", "number": f"+{number}", "language": "en"}
            call = PhoneCall(tag=tag, state="talking", case_id=case_id, started_at=at, updated_at=at, **how)
            uow.session.add(call)
            uow.session.flush()
            history.started(uow.session, call, actor="citizen" if way == "in" else self.office.agent.actor, at=at)

        self.office.db.run(ring)

    ACTIONS = (
        *(says, says, answers, answers, answers, undoes, resolves, resolves, moves),
        *(transfers, calls, calls, prioritises, rates, rates, hides),
        *(merges, merges, refiles, refiles, splits, splits, rings, rings),
    )
