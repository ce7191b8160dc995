"""Escalations reach people: the right ones, in their hours, each step once, and only while there is something to do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases import brakes, citizens, clock, lifecycle, notices, outbox, staff
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.lifecycle import Outcome, Status
from cases.models import Absence, Agent, Case, Citizen, Escalation, Message, Notice, OutboxEntry, Shift, Timer
from cases.models import Address as AddressRow
from cases.outbox import MessageClass
from cases.permissions import SYSTEM, Viewer
from cases.queries import notices as query
from cases.references import written
from cases.sla import changes, waking
from cases.sla.calendar import ALWAYS_OPEN, Calendar, SpecialDay, Window
from cases.sla.policy import Policy, Step, Target, Unit
from contactcentre import jobs
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say
from tests.integration.leaving import Time, moved
from workers import deliver, notify, ticker

TELLERS = 3
NINE_TO_FIVE = ((Window(540, 1020),),) * 5 + ((),) * 2
#: Friday 6 March is a holiday
OFFICE = Calendar(
    "office", "Africa/Accra", NINE_TO_FIVE, {date(2026, 3, 6): SpecialDay(date(2026, 3, 6), (), "Holiday")}
)
STEPS = (Step("50%", ("assignee",)), Step("due", ("supervisor",)))
CITY = make_city(
    policies=(Policy("first", {"first_response": Target(24, Unit.ELAPSED)}, "office", steps=STEPS),),
    calendars={"office": OFFICE, ALWAYS_OPEN.key: ALWAYS_OPEN},
)


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026, which began on a Sunday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


TUESDAY = on(3, 10)


@dataclass(frozen=True)
class People:
    """Everybody by name."""

    by_name: dict[str, Viewer]

    def id(self, name: str) -> int:
        found = self.by_name[name].id
        assert found is not None
        return found

    def name(self, agent_id: int) -> str:
        return next(name for name, one in self.by_name.items() if one.id == agent_id)


ROLES: dict[str, tuple[tuple[str, str], ...]] = {
    "Ama": (("agent", "waste"),),
    "Kofi": (("agent", "waste"), ("counter_clerk", "waste")),
    "Esi": (("supervisor", "waste"),),
    "Yaw": (("supervisor", "*"),),
    "Efua": (("executive", "waste"),),
    "Kojo": (("agent", "desk"), ("supervisor", "desk")),
    "Gone": (("agent", "waste"), ("supervisor", "waste")),
}


@pytest.fixture
def people(db: Database) -> People:
    def work(session: Session) -> People:
        made = {name: make_agent(session, name, *roles) for name, roles in ROLES.items()}
        session.execute(update(Agent).where(Agent.id == made["Gone"].id).values(active=False))
        return People(made)

    return db.run(lambda uow: work(uow.session))


def opened(db: Database, number: int = 1, **values: object) -> Case:
    """Open a case at the waste department's number, and change its row."""

    def work(session: Session) -> Case:
        case_id = say(session, CITY, "The bin is full", sender=phone(number), account="sms-waste").case_id
        session.execute(update(Case).where(Case.id == case_id).values(**{"department": "waste", **values}))
        return session.get_one(Case, case_id, populate_existing=True)

    return db.run(lambda uow: work(uow.session))


def escalated(db: Database, case: Case, *to: str, step: str = "due") -> None:
    """Let a step of the case's promise have been reached."""

    def work(session: Session) -> None:
        timer = session.scalars(select(Timer).where(Timer.case_id == case.id)).one()
        row = {"step": step, "due_at": timer.due_at, "to": list(to), "created_at": TUESDAY}
        session.add(Escalation(timer_id=timer.id, case_id=case.id, **row))

    db.run(lambda uow: work(uow.session))


def addressed(db: Database, *, at: datetime = TUESDAY, city: City = CITY) -> int:
    return db.run(lambda uow: notices.address(uow.session, city=city, at=at))


def told(db: Database, *, at: datetime, city: City = CITY) -> notices.Told:
    return db.run(lambda uow: notices.tell(uow.session, city=city, at=at))


def rows(db: Database) -> list[Notice]:
    with db.reader() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def names(db: Database, people: People) -> list[str]:
    return sorted(people.name(one.agent_id) for one in rows(db))


class Reached(NamedTuple):
    """A step that was reached, and of which case."""

    to: list[str]
    assignee: str | None = None
    changes: dict[str, object] = {}  # noqa: RUF012  a tuple's default


SECRET: dict[str, object] = {"confidential": True}
TRAY: dict[str, object] = {"department": None}


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        (Reached(["assignee"], "Ama"), ["Ama"]),
        (Reached(["assignee"]), ["Esi", "Yaw"]),
        (Reached(["assignee"], "Gone"), ["Esi", "Yaw"]),
        (Reached(["supervisor"], "Ama"), ["Esi", "Yaw"]),
        (Reached(["supervisor"], "Ama", {"department": "desk"}), ["Kojo", "Yaw"]),
        (Reached(["assignee", "supervisor"], "Esi"), ["Esi", "Yaw"]),
        (Reached(["agent", "counter_clerk"]), ["Ama", "Kofi"]),
        (Reached(["executive"], "Ama"), ["Efua"]),
        (Reached(["executive"], "Ama", SECRET), ["Esi", "Yaw"]),
        (Reached(["counter_clerk", "supervisor"], "Ama", SECRET), ["Esi", "Kofi", "Yaw"]),
        (Reached(["assignee"], "Efua", SECRET), ["Esi", "Yaw"]),
        (Reached(["auditor"], "Ama"), ["Esi", "Yaw"]),
        (Reached(["assignee"], None, TRAY), ["Yaw"]),
        (Reached(["agent"], None, TRAY), ["Yaw"]),
    ],
)
def test_a_step_reaches_whom_it_names_and_a_case_without_an_owner_its_supervisors(
    db: Database, people: People, reached: Reached, expected: list[str]
) -> None:
    assignee = people.id(reached.assignee) if reached.assignee else None
    escalated(db, opened(db, assignee_id=assignee, **reached.changes), *reached.to)
    assert addressed(db) == 1
    assert names(db, people) == expected
    assert addressed(db) == 0


Days = tuple[datetime, datetime]
WEEK = (on(2, 0), on(5, 0))


def away(db: Database, people: People, name: str, stand_in: str | None, days: Days = WEEK) -> None:
    other = people.id(stand_in) if stand_in else None
    row = Absence(agent_id=people.id(name), since=days[0], until=days[1], stand_in_id=other)
    db.run(lambda uow: uow.session.add(row))


@pytest.mark.parametrize(
    ("leave", "reached", "expected"),
    [
        ([("Ama", "Kofi")], Reached(["assignee"]), ["Kofi"]),
        ([("Esi", None)], Reached(["supervisor"]), ["Yaw"]),
        ([("Esi", "Yaw")], Reached(["supervisor"]), ["Yaw"]),
        ([("Ama", None)], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Kofi"), ("Kofi", "Esi")], Reached(["assignee"]), ["Esi"]),
        ([("Ama", "Kofi"), ("Kofi", "Ama")], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Kojo")], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Gone")], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Efua")], Reached(["assignee"], changes=SECRET), ["Ama"]),
        ([("Esi", None), ("Yaw", None)], Reached(["supervisor"]), ["Esi", "Yaw"]),
    ],
    ids=[
        "stand-in", "others remain", "stand-in is told anyway", "nobody else", "stand-in is away too", "in a circle",
        "stand-in of another department", "stand-in is gone", "stand-in may not read it", "everybody is away",
    ],
)  # fmt: skip
def test_who_is_on_leave_is_replaced_or_left_out_unless_nobody_remains(
    db: Database, people: People, leave: list[tuple[str, str | None]], reached: Reached, expected: list[str]
) -> None:
    for name, stand_in in leave:
        away(db, people, name, stand_in)
    escalated(db, opened(db, assignee_id=people.id("Ama"), **reached.changes), *reached.to)
    addressed(db)
    assert names(db, people) == expected


def test_leave_that_begins_before_their_hours_do_counts_already_and_one_that_has_ended_then_does_not(
    db: Database, people: People
) -> None:
    away(db, people, "Ama", "Kofi", (on(9, 0), on(12, 0)))
    away(db, people, "Esi", "Kofi", (on(1, 0), on(9, 0)))
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee", "supervisor")
    addressed(db, at=on(7, 12))
    assert names(db, people) == ["Esi", "Kofi", "Yaw"]


@pytest.mark.parametrize(
    ("at", "shifts", "expected"),
    [
        (TUESDAY, [], TUESDAY),
        (on(3, 0, 30), [], on(3, 9)),
        (on(3, 17), [], on(4, 9)),
        (on(5, 18), [], on(9, 9)),
        (on(7, 12), [], on(9, 9)),
        (TUESDAY, [(1, 720, 1200)], on(3, 12)),
        (on(7, 12), [(5, 600, 900)], on(7, 12)),
        (on(3, 23), [(1, 1320, 1800)], on(3, 23)),
        (on(5, 18), [(4, 600, 900), (0, 600, 900)], on(9, 10)),
    ],
    ids=["open", "midnight", "at closing", "over a holiday", "weekend", "later shift", "Saturday", "night", "free day"],
)
def test_a_notice_waits_for_the_hours_of_its_person(
    db: Database, people: People, at: datetime, shifts: list[tuple[int, int, int]], expected: datetime
) -> None:
    rota = [Shift(agent_id=people.id("Ama"), weekday=d, opens=o, closes=c) for d, o, c in shifts]
    db.run(lambda uow: uow.session.add_all(rota))
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee")
    addressed(db, at=at)
    (notice,) = rows(db)
    assert notice.not_before == expected
    bell = people.by_name["Ama"]
    if expected > at:
        assert told(db, at=expected - timedelta(seconds=1)).settled == 0
        assert unread(db, bell) == 0
    assert told(db, at=expected).settled == 1
    assert unread(db, bell) == 1


def unread(db: Database, viewer: Viewer) -> int:
    with db.reader() as session:
        return query.unread(session, viewer)


def test_a_promise_that_runs_by_night_is_told_by_night(db: Database, people: People) -> None:
    case = opened(db, assignee_id=people.id("Ama"))
    db.run(lambda uow: be_urgent(uow.session, case))
    escalated(db, case, "assignee")
    addressed(db, at=on(3, 2))
    assert [one.not_before for one in rows(db)] == [on(3, 2)]


def be_urgent(session: Session, case: Case) -> None:
    timer = session.scalars(select(Timer).where(Timer.case_id == case.id)).one()
    timer.policy = {**timer.policy, "calendar": ALWAYS_OPEN.key}


def at_once(work: Callable[[], object]) -> None:
    together = threading.Barrier(TELLERS, timeout=10)

    def run(_: int) -> None:
        together.wait()
        work()

    with ThreadPoolExecutor(TELLERS) as pool:
        list(pool.map(run, range(TELLERS)))


@pytest.fixture
def time(db: Database) -> Iterator[Time]:
    with moved(db) as found:
        found.be(TUESDAY)
        yield found


@pytest.fixture
def site(container: Container, time: Time, monkeypatch: pytest.MonkeyPatch) -> Container:
    """The installation with the small city, and a queue that may take its time on a busy machine."""
    monkeypatch.setattr(jobs, "PATIENCE", 5.0)
    monkeypatch.setattr(type(container), "city", property(lambda _: CITY))
    monkeypatch.setattr(deliver, "_container", container)
    return container


def texting(db: Database, people: People, *names: str) -> None:
    for number, name in enumerate(names, 900):
        change = update(Agent).where(Agent.id == people.id(name)).values(phone=phone(number).value, notify_by="sms")
        db.run(lambda uow, change=change: uow.session.execute(change))


def sent(db: Database) -> list[tuple[OutboxEntry, Message]]:
    with db.reader() as session:
        found = select(OutboxEntry, Message).join(Message, Message.id == OutboxEntry.message_id)
        found = found.where(OutboxEntry.message_class == MessageClass.STAFF).order_by(OutboxEntry.id)
        return [(entry, message) for entry, message in session.execute(found)]


def test_three_tellers_at_once_tell_each_step_once(site: Container, people: People) -> None:
    texting(site.db, people, "Ama", "Esi")
    for number in range(20):
        case = opened(site.db, number + 1, assignee_id=people.id("Ama"))
        escalated(site.db, case, "assignee", "supervisor", step="50%")
        escalated(site.db, case, "assignee", step="due")
    at_once(lambda: addressed(site.db))
    at_once(lambda: notify.tell_all(site))
    found = [(one.escalation_id, one.agent_id) for one in rows(site.db)]
    assert len(found) == len(set(found)) == 20 * 4
    assert len(sent(site.db)) == 20 * 3
    assert all(one.sent_at is not None for one in rows(site.db))


def test_a_step_that_is_looked_at_twice_is_told_once(db: Database, people: People) -> None:
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee")
    addressed(db)
    db.run(lambda uow: uow.session.execute(update(Escalation).values(noticed_at=None)))
    addressed(db)
    assert names(db, people) == ["Ama"]


def test_a_deadline_that_was_moved_is_told_of_again_with_every_step(
    site: Container, people: People, time: Time
) -> None:
    case = opened(site.db, assignee_id=people.id("Ama"))
    due = deadline(site.db, case)
    ring(site, time, due - timedelta(hours=1))
    assert steps(site.db) == [("50%", due)]
    later = due + timedelta(days=1)
    site.db.run(lambda uow: put_off(uow.session, case, later))
    ring(site, time, due)
    assert steps(site.db) == [("50%", due), ("50%", later)], "the old deadline is nobody's any more"
    ring(site, time, later)
    ring(site, time, later)
    assert steps(site.db)[2:] == [("due", later), ("due", later)]


def steps(db: Database) -> list[tuple[str, datetime]]:
    return [(one.step, one.due_at) for one in rows(db)]


def deadline(db: Database, case: Case) -> datetime:
    with db.reader() as session:
        due = session.scalars(select(Timer.due_at).where(Timer.case_id == case.id)).one()
    assert due is not None
    return due


def put_off(session: Session, case: Case, due: datetime) -> None:
    timer = session.scalars(select(Timer).where(Timer.case_id == case.id)).one()
    values = {"calendars": CITY.calendars, "at": clock.now(session), "actor": "test"}
    changes.set_deadline(session, session.get_one(Case, case.id), timer, due, reason="asked for", **values)


def ring(site: Container, time: Time, at: datetime) -> None:
    """Let the clock reach an instant, and those who are to be told hear of what it brings."""
    time.be(at)
    site.db.run(lambda uow: waking.wake(uow.session, calendars=CITY.calendars, at=clock.now(uow.session)))
    notify.tell_all(site)


def settle(session: Session, case: Case) -> None:
    viewer = make_agent(session, "Closer")
    lifecycle.transition(
        session, viewer, reference=case.reference, to=Status.RESOLVED, calendars=CITY.calendars, outcome=Outcome.FIXED
    )


def end_timer(state: str) -> Callable[[Session, Case], None]:
    return lambda session, case: session.execute(
        update(Timer).where(Timer.case_id == case.id).values(state=state)
    ) and None  # fmt: skip


def move(session: Session, case: Case) -> None:
    session.execute(update(Timer).where(Timer.case_id == case.id).values(due_at=on(30, 12)))


STALE = [settle, end_timer("met"), end_timer("ended"), move]


@pytest.mark.parametrize("change", STALE, ids=["resolved", "met", "ended", "moved"])
def test_what_is_settled_before_it_was_addressed_is_told_to_nobody(
    db: Database, people: People, change: Callable[[Session, Case], None]
) -> None:
    case = opened(db, assignee_id=people.id("Ama"))
    escalated(db, case, "assignee")
    db.run(lambda uow: change(uow.session, case))
    assert addressed(db) == 1
    assert rows(db) == []
    with db.reader() as session:
        assert not notices.waiting(session, at=TUESDAY)


@pytest.mark.parametrize("change", STALE, ids=["resolved", "met", "ended", "moved"])
def test_what_is_settled_before_the_office_opens_is_taken_back_unseen(
    db: Database, people: People, change: Callable[[Session, Case], None]
) -> None:
    texting(db, people, "Ama")
    case = opened(db, assignee_id=people.id("Ama"))
    escalated(db, case, "assignee")
    addressed(db, at=on(3, 2))
    db.run(lambda uow: change(uow.session, case))
    assert told(db, at=on(3, 9)).settled == 1
    assert (rows(db), sent(db)) == ([], [])


def test_a_text_message_leaves_once_as_a_message_to_staff_without_the_citizens_words(
    db: Database, people: People
) -> None:
    texting(db, people, "Esi")
    case = opened(db, assignee_id=people.id("Ama"))
    escalated(db, case, "assignee", "supervisor")
    addressed(db)
    assert told(db, at=TUESDAY).accounts == {"sms-waste"}
    assert told(db, at=TUESDAY).settled == 0
    ((entry, message),) = sent(db)
    assert (entry.recipient, entry.account, entry.state) == (phone(900).value, "sms-waste", "queued")
    assert entry.expires_at == TUESDAY + outbox.EXPIRY[MessageClass.STAFF]
    assert written(case.reference) in message.text and "timer.first_response" in message.text
    assert "bin" not in message.text
    assert [(one.message_id, one.sent_at) for one in rows(db) if one.message_id] == [(message.id, TUESDAY)]
    with db.reader() as session:
        phones = select(AddressRow.id).where(AddressRow.value == phone(900).value)
        assert len(session.scalars(phones).all()) == 1
        assert len(session.scalars(select(Citizen)).all()) == 1, "the citizen's own; staff are none"


def test_the_brake_of_staff_messages_holds_them_and_no_others(db: Database, people: People) -> None:
    texting(db, people, "Ama")
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee")
    addressed(db)
    told(db, at=TUESDAY)
    db.run(lambda uow: brakes.pull(uow.session, SYSTEM, scope="staff", reason="test", at=TUESDAY))
    take = db.run(lambda uow: outbox.take(uow.session, account="sms-waste", now=clock.now(uow.session), limit=9))
    assert [one.message.recipient.value for one in take.claimed] == [phone(1).value]


@pytest.mark.parametrize(
    ("change", "accounts"),
    [
        ({"notify_by": "bell"}, frozenset()),
        ({"phone": None}, frozenset()),
        ({}, frozenset({"sms-waste"})),
    ],
)
def test_the_bell_rings_for_everybody_and_a_text_is_sent_to_who_wants_it(
    db: Database, people: People, change: dict[str, object], accounts: frozenset[str]
) -> None:
    texting(db, people, "Ama")
    if change:
        db.run(lambda uow: uow.session.execute(update(Agent).where(Agent.id == people.id("Ama")).values(**change)))
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee")
    addressed(db)
    assert told(db, at=TUESDAY).accounts == accounts
    assert unread(db, people.by_name["Ama"]) == 1


def test_a_phone_that_wants_no_automatic_texts_gets_none(db: Database, people: People) -> None:
    texting(db, people, "Ama")
    case = opened(db, 900, assignee_id=people.id("Ama"))
    db.run(lambda uow: opt_out(uow.session, phone(900).value))
    escalated(db, case, "assignee")
    addressed(db)
    assert told(db, at=TUESDAY).accounts == frozenset()
    assert unread(db, people.by_name["Ama"]) == 1


def opt_out(session: Session, number: str) -> None:
    address_id = session.scalars(select(AddressRow.id).where(AddressRow.value == number)).one()
    citizens.set_opted_out(session, address_id, opted_out=True, at=TUESDAY)


def test_texts_that_an_old_configuration_lacks_do_not_silence_the_bell(db: Database, people: People) -> None:
    texting(db, people, "Ama")
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee")
    entries = {key: text for key, text in CITY.texts.entries.items() if key[0] != notices.TEXT}
    old = replace(CITY, texts=replace(CITY.texts, entries=entries))
    addressed(db, city=old)
    assert told(db, at=TUESDAY, city=old) == notices.Told(1, frozenset())
    assert unread(db, people.by_name["Ama"]) == 1


def test_the_ticker_asks_a_worker_to_tell_and_tells_itself_where_the_queue_is_away(
    site: Container, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not ticker.nudge_notices(site)
    escalated(site.db, opened(site.db, assignee_id=people.id("Ama")), "assignee")
    assert ticker.nudge_notices(site)
    assert rows(site.db) == [], "a worker was asked"
    assert notify.tell(notify.KEY) == 1
    assert not ticker.nudge_notices(site)
    escalated(site.db, opened(site.db, 2, assignee_id=people.id("Kofi")), "assignee")
    monkeypatch.setattr(site.jobs, "_rest_until", float("inf"))
    assert ticker.nudge_notices(site)
    assert names(site.db, people) == ["Ama", "Kofi"]


def test_leave_and_hours_are_set_by_oneself_and_ones_supervisor_alone(db: Database, people: People) -> None:
    def leave(by: str, of: str, **more: object) -> int:
        values = {"since": on(1, 0), "until": datetime(2100, 1, 1, tzinfo=UTC), **more}
        return db.run(
            lambda uow: staff.add_leave(uow.session, people.by_name[by], agent_id=people.id(of), **values)  # type: ignore[arg-type]
        )

    for by in ("Ama", "Esi", "Yaw"):
        assert leave(by, "Ama")
    for by in ("Kofi", "Kojo", "Efua"):
        with pytest.raises(NotFound):
            leave(by, "Ama")
    with pytest.raises(NotFound):
        leave("Esi", "Yaw")
    with pytest.raises(Invalid, match="over already"):
        leave("Ama", "Ama", until=on(2, 0))
    with pytest.raises(Invalid, match="before the first"):
        leave("Ama", "Ama", until=on(1, 0))
    for stand_in in ("Ama", "Gone"):
        with pytest.raises(Invalid):
            leave("Ama", "Ama", stand_in_id=people.id(stand_in))
