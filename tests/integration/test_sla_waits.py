"""Promises that begin, come back or go over to another case while the case waits: they stand still as the others do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cases import assignment, receipts
from cases.lifecycle import Status
from cases.messages import DeliveryStatus
from cases.models import Case, Message
from cases.models.event import record
from cases.sla import changes, endings, timers
from cases.sla.policy import Policy, Target, Unit
from contactcentre.db import Database, UnitOfWork
from tests.integration.office import PAUSES, Office, hours, now, office, words

THIRD = Status.WAITING_ON_THIRD_PARTY
USUAL = Policy(
    "usual",
    {"first_response": hours(4), "next_response": hours(8), "resolution": hours(16), "department_leg": hours(8)},
    "office",
    pauses=PAUSES,
)


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office that promises something of every kind."""
    with office(db, USUAL, replace(USUAL, key="hasty", priority="urgent", targets={"resolution": hours(4)})) as opened:
        yield opened


def merge(desk: Office, gone: int, into: int) -> None:
    """Merge one case into another, as far as their promises go."""

    def work(uow: UnitOfWork) -> None:
        session, calendars = uow.session, desk.city.calendars
        kept, merged = session.get_one(Case, into), session.get_one(Case, gone)
        taken = changes.take_over(session, kept, timers.live(session, merged), calendars=calendars, at=now())
        record(session, kept, taken, at=now())
        record(session, merged, endings.end_all(session, merged, at=now(), why="merged"), at=now())

    desk.db.run(work)
    desk.case_id = into


def test_a_leg_that_begins_while_the_case_waits_stands_still(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.moves(THIRD)
    desk.at("2026-03-03 10:00")
    how = {"city": desk.city, "reference": desk.case.reference, "department": "waste", "reason": "theirs"}
    desk.db.run(lambda uow: assignment.transfer(uow.session, desk.agent, **how))  # type: ignore[arg-type]
    leg = desk.timer("department_leg")
    assert (leg.instance, leg.state, leg.due_at) == (2, "paused", None)
    (ended,) = desk.history("timer_ended")
    assert (ended["timer"], ended["why"]) == ("department_leg", "transferred")
    desk.at("2026-03-04 08:00").moves(Status.OPEN)
    assert desk.due("department_leg") == "2026-03-04 17:00"


def test_an_answer_that_is_lost_while_the_case_waits_is_owed_when_it_goes_on(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 08:30").answers()
    desk.at("2026-03-03 09:00").says("Still there")
    desk.at("2026-03-03 10:00").moves(THIRD)
    lost = desk.at("2026-03-03 11:00").answers("We wait for the maker")
    assert desk.pauses("next_response") == [("2026-03-03 10:00", "2026-03-03 11:00", "waiting_on_third_party")]
    desk.at("2026-03-03 12:00")

    def fails(uow: UnitOfWork) -> None:
        message = uow.session.get_one(Message, lost)
        message.status = "sent"
        uow.session.flush()
        receipts.advance(uow.session, message, DeliveryStatus.FAILED, reason="switched off", at=now())

    desk.db.run(fails)
    desk.wakes()
    assert (desk.timer("next_response").state, desk.timer("next_response").due_at) == ("paused", None)
    desk.at("2026-03-04 08:00").moves(Status.OPEN)
    assert desk.timer("next_response").state == "running"
    assert desk.due("next_response") == "2026-03-04 16:00"  # 1 of 8 h was used before it stood still


def test_a_promise_that_only_the_merged_case_had_keeps_what_it_stood_still_for(desk: Office) -> None:
    gone = desk.at("2026-03-03 08:00").says(number=1)
    desk.at("2026-03-03 09:00").answers()
    desk.at("2026-03-03 10:00").says("And the drain", number=1)
    desk.moves(THIRD)
    into = desk.at("2026-03-03 12:00").says(number=2)
    desk.at("2026-03-03 13:00")
    merge(desk, gone, into)
    assert desk.pauses("next_response") == [("2026-03-03 10:00", "2026-03-03 13:00", "waiting_on_third_party")]
    desk.at("2026-03-03 14:00").moves(THIRD)
    desk.at("2026-03-04 08:00").moves(Status.OPEN)
    assert desk.due("next_response") == "2026-03-04 16:00"  # 1 of 8 h was used, on Tuesday from 13:00 to 14:00


def test_a_merge_onto_a_promise_that_stands_still_keeps_the_terms_that_are_due_first(desk: Office) -> None:
    gone = desk.at("2026-03-03 08:00").says(number=1)
    desk.prioritises("urgent")
    into = desk.at("2026-03-03 09:00").says(number=2)
    desk.moves(THIRD)
    desk.at("2026-03-03 10:00")
    merge(desk, gone, into)
    fix = desk.timer("resolution")
    assert (fix.state, fix.policy["policy"], words(fix.started_at)) == ("paused", "hasty", "2026-03-03 08:00")
    desk.at("2026-03-04 08:00").moves(Status.OPEN)
    assert desk.due("resolution") == "2026-03-04 11:00"  # 1 of 4 h was used before it stood still


def test_days_are_targets_like_any_other_while_the_case_waits(db: Database) -> None:
    days = replace(USUAL, targets={"resolution": Target(2, Unit.WORKING_DAYS)})
    with office(db, days) as desk:
        desk.at("2026-03-02 09:00").says()
        desk.at("2026-03-02 10:00").moves(THIRD)
        desk.at("2026-03-04 10:00").moves(Status.OPEN)
        assert desk.due("resolution") == "2026-03-05 17:00"
