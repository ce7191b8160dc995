"""What was addressed is told once, by bell and text message, and only while there is something to do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases import brakes, citizens, clock, lifecycle, notices, outbox
from cases.lifecycle import Outcome, Status
from cases.models import Address as AddressRow
from cases.models import Agent, Case, Citizen, Escalation, Message, OutboxEntry, Timer
from cases.outbox import MessageClass
from cases.permissions import SYSTEM
from cases.references import written
from cases.sla import changes, waking
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import make_agent, phone
from tests.integration.leaving import Time, moved
from tests.integration.noticing import (
    CITY,
    TUESDAY,
    People,
    addressed,
    escalated,
    hired,
    names,
    on,
    opened,
    rows,
    told,
    unread,
)
from workers import deliver, notify, ticker

TELLERS = 3


@pytest.fixture
def people(db: Database) -> People:
    return hired(db)


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
    """The installation with the small city."""
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
