"""Attainment: met of what was met or broken; whatever is neither stands apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from cases import assignment
from cases.lifecycle import Outcome, Status
from cases.models import Case
from cases.models.event import Happened, record
from cases.sla import endings
from cases.sla.policy import Policy, Unanswered
from contactcentre.db import Database, UnitOfWork
from tests.integration.counting import count, differences, reported, sums
from tests.integration.office import PAUSES, Office, hours, now, office

THIRD = Status.WAITING_ON_THIRD_PARTY
TARGETS = {"first_response": hours(4), "resolution": hours(16), "next_response": hours(8)}


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened
        count(opened)
        assert differences(opened) == []


def kept(desk: Office) -> dict[str, int]:
    """Count, then return what became of promises, by kind and day."""
    count(desk)
    found = sums(desk, "met", "breached", "waived")
    return {key.removesuffix(" desk"): number for key, number in found.items()}


def test_rule_29_only_what_was_due_or_fulfilled_is_in_the_denominator(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says("one", number=1)  # the fix is due on Wednesday at closing
    desk.at("2026-03-03 09:00").answers()
    assert kept(desk) == {"met first_response 03-03": 1}, "the fix is open and not yet due"
    desk.says("two", number=2)
    desk.at("2026-03-03 14:00").wakes()
    assert kept(desk) == {"met first_response 03-03": 1, "breached first_response 03-03": 1}
    desk.says("three", number=3)
    desk.moves(THIRD)  # the fix stands still and is due on no day
    desk.at("2026-03-04 09:00").answers()
    desk.at("2026-03-05 16:59").wakes()  # the fix of the first was due on Wednesday, that of the second this morning
    assert kept(desk) == {
        "met first_response 03-03": 1,
        "met first_response 03-04": 1,
        "breached first_response 03-03": 1,
        "breached resolution 03-04": 1,
        "breached resolution 03-05": 1,
    }


def test_a_promise_kept_late_is_broken_once_and_on_the_day_it_was_due(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.at("2026-03-03 15:00").wakes()
    desk.at("2026-03-05 10:00").answers()
    assert kept(desk) == {"breached first_response 03-03": 1}


def test_a_late_sweep_changes_nothing(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.at("2026-03-05 08:30").answers()  # nobody has swept; due on Tuesday at 15:00
    assert kept(desk) == {"breached first_response 03-03": 1}


def test_an_answer_that_did_not_arrive_is_counter_entered(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    lost = desk.at("2026-03-03 11:00").answers()
    assert kept(desk) == {"met first_response 03-03": 1}
    desk.at("2026-03-03 11:30")
    reported(desk, lost)
    assert kept(desk) == {}, "it runs on and is not yet due"
    desk.at("2026-03-04 08:00").wakes()
    assert kept(desk) == {"breached first_response 03-03": 1}


def test_a_case_that_ends_unanswered_has_broken_its_promise_or_it_is_waived(db: Database) -> None:
    missing = Policy("usual", TARGETS, "office", pauses=PAUSES)
    waiving = replace(missing, key="low", priority="low", unanswered=Unanswered.WAIVED)
    with office(db, missing, waiving) as desk:
        desk.at("2026-03-03 10:00").says(number=1)
        desk.at("2026-03-03 11:00").moves(Status.RESOLVED, Outcome.WITHDRAWN)
        assert kept(desk) == {"breached first_response 03-03": 1, "met resolution 03-03": 1}
        desk.says(number=2)
        desk.prioritises("low")
        desk.at("2026-03-04 11:00").moves(Status.RESOLVED, Outcome.WITHDRAWN)
        assert kept(desk)["met resolution 03-04"] == 1
        assert differences(desk) == []


def test_waived_stands_apart(db: Database) -> None:
    with office(db, Policy("low", TARGETS, "office", unanswered=Unanswered.WAIVED)) as desk:
        desk.at("2026-03-03 10:00").says()
        desk.at("2026-03-03 11:00").moves(Status.RESOLVED, Outcome.WITHDRAWN)
        assert kept(desk) == {"waived first_response 03-03": 1, "met resolution 03-03": 1}


@pytest.mark.parametrize("how", ["its timers", "an event"])
def test_rules_12_and_29_a_merged_case_leaves_attainment(desk: Office, how: str) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.at("2026-03-03 11:00").answers()
    assert kept(desk) == {"met first_response 03-03": 1}

    def merge(uow: UnitOfWork) -> None:
        gone = uow.session.scalars(select(Case).where(Case.id == desk.case_id).with_for_update()).one()
        why, said = ("merged", []) if how == "its timers" else ("left", [Happened("merged", "agent:1", {"into": 7})])
        ended = endings.end_all(uow.session, gone, at=now(), why=why)
        record(uow.session, gone, [*ended, *said], at=now())

    desk.at("2026-03-05 11:00")
    desk.db.run(merge)
    assert kept(desk) == {}
    assert sums(desk, "opened", "first_response") == {"opened 03-03 desk": 1, "first_response 03-03 desk": 1}


def test_a_leg_is_broken_by_the_department_that_had_it(db: Database) -> None:
    with office(db, Policy("usual", {"department_leg": hours(2)}, "office", pauses=PAUSES)) as desk:
        desk.at("2026-03-03 10:00").says()
        how = {"city": desk.city, "department": "waste", "reason": ""}
        reference = desk.case.reference
        desk.at("2026-03-03 14:00")  # late since 12:00; no ticker has looked
        desk.db.run(lambda uow: assignment.transfer(uow.session, desk.agent, reference=reference, **how))  # type: ignore[arg-type]
        desk.at("2026-03-03 15:00").moves(Status.RESOLVED, Outcome.FIXED)
        count(desk)
        assert sums(desk, "met", "breached") == {
            "breached department_leg 03-03 desk": 1,
            "met department_leg 03-03 waste": 1,
        }
        assert differences(desk) == []
