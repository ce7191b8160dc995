"""Whoever wants to be called is a task with a promise in working time; a call that reached them keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from cases import call_backs, clock, contacts, conversation, undoing
from cases.contacts import ContactKind, Direction
from cases.departments import Limits
from cases.lifecycle import Outcome, Status
from cases.models import Task, Timer
from contactcentre.db import Database
from tests.integration.office import Office, office, words


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office with 4 hours to the first answer, and a case of Tuesday 3 March at 10:00."""
    with office(db) as opened:
        opened.at("2026-03-03 10:00").says()
        yield opened


def asks(desk: Office) -> int:
    return desk.db.run(lambda uow: call_backs.ask(uow.session, city=desk.city, reference=desk.case.reference).id)


def task(desk: Office) -> Task:
    with desk.db.reader() as session:
        return session.scalars(select(Task)).one()


def promised(desk: Office) -> Timer | None:
    with desk.db.reader() as session:
        return session.scalars(select(Timer).where(Timer.kind == "task")).one_or_none()


def calls(desk: Office, kind: ContactKind = ContactKind.CALL, *, reached: bool = True) -> None:
    how = {"kind": kind, "direction": Direction.OUT, "reached": reached, "text": "Told her when the lamp is mended"}
    reference = desk.case.reference
    desk.db.run(lambda uow: contacts.log(uow.session, desk.agent, city=desk.city, reference=reference, **how))  # type: ignore[arg-type]


def test_the_task_is_promised_in_the_configurations_working_time(desk: Office) -> None:
    desk.city = replace(desk.city, limits=Limits(call_back_minutes=360))
    asks(desk)
    one, timer = task(desk), promised(desk)
    assert (one.kind, one.title, one.state) == ("call_back", "Call the citizen back", "open")
    assert timer is not None
    assert words(timer.due_at) == "2026-03-03 17:00"  # six hours from ten, without the hour of lunch
    (opened,) = desk.history("task_opened")
    assert (opened["task_kind"], opened["task"]) == ("call_back", one.id)


def test_who_asks_twice_is_called_once(desk: Office) -> None:
    assert asks(desk) == asks(desk)
    assert task(desk).state == "open"


def test_a_call_that_reached_the_citizen_keeps_the_promise(desk: Office) -> None:
    asks(desk)
    desk.at("2026-03-03 11:00")
    calls(desk)
    one, timer = task(desk), promised(desk)
    assert (one.state, one.result, words(one.ended_at)) == (
        "done",
        "Told her when the lamp is mended",
        "2026-03-03 11:00",
    )
    assert timer is not None
    assert (timer.state, words(timer.met_at)) == ("met", "2026-03-03 11:00")
    assert one.ended_by == desk.agent.actor


@pytest.mark.parametrize(("kind", "reached"), [(ContactKind.CALL, False), (ContactKind.VISIT, True)])
def test_an_attempt_or_a_visit_keeps_nothing(desk: Office, kind: ContactKind, reached: bool) -> None:
    asks(desk)
    calls(desk, kind, reached=reached)
    assert task(desk).state == "open"


def test_the_wish_is_kept_where_no_calendar_has_such_time(desk: Office) -> None:
    desk.city = replace(desk.city, limits=Limits(call_back_minutes=10_000_000))
    asks(desk)
    assert (task(desk).state, task(desk).due_at, promised(desk)) == ("open", None, None)


def test_a_citizen_is_never_told_the_tasks_deadline(desk: Office) -> None:
    desk.city = replace(desk.city, limits=Limits(call_back_minutes=10))
    asks(desk)
    assert desk.case.due_kind == "task"
    with desk.db.reader() as session:
        stands = undoing.told(session, desk.case, at=clock.now(session))
        assert words(conversation.promised(session, desk.case, stands)) == "2026-03-03 15:00"


def test_resolving_ends_it(desk: Office) -> None:
    asks(desk)
    desk.moves(Status.RESOLVED, Outcome.ANSWERED)
    assert task(desk).state == "cancelled"
