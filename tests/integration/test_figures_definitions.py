"""Every figure means what its definition says: each counted on real rows from what people did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cases import assignment
from cases.lifecycle import Outcome, Status
from cases.messages import DeliveryStatus
from contactcentre.db import Database
from tests.integration.counting import count, differences, facts, reported, sums
from tests.integration.office import Office, office

CITIZEN, THIRD = Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office with 4 hours to the first answer, 8 to the next, 16 to the fix; what is stored is right at the end."""
    with office(db) as opened:
        yield opened
        count(opened)
        assert differences(opened) == []


def transfers(desk: Office, department: str) -> None:
    how = {"city": desk.city, "reference": desk.case.reference, "department": department, "reason": ""}
    desk.db.run(lambda uow: assignment.transfer(uow.session, desk.agent, **how))  # type: ignore[arg-type]


def test_the_first_response_counts_from_the_first_words_to_a_persons_and_under_its_day(desk: Office) -> None:
    desk.at("2026-03-03 16:00").says()  # the machine's acknowledgement is no answer
    desk.at("2026-03-03 16:30").says("Hello?")
    desk.at("2026-03-04 09:00").answers()
    desk.at("2026-03-04 09:30").answers("And another thing")
    count(desk)
    assert facts(desk, "first_response") == {"first_response 03-04 desk": (17 * 60, 2 * 60)}
    assert sums(desk, "first_response", "next_response") == {"first_response 03-04 desk": 1}


def test_the_next_response_counts_from_the_oldest_message_that_nobody_answered(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").answers()
    desk.at("2026-03-03 10:00").says("Still choked")
    desk.at("2026-03-03 11:00").says("Are you there?")
    desk.at("2026-03-03 14:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-03 14:10").says("thanks")
    desk.at("2026-03-03 15:00").answers("You are welcome")
    count(desk)
    assert facts(desk, "next_response") == {"next_response 03-03 desk": (240, 180)}
    assert sums(desk, "next_response") == {"next_response 03-03 desk": 1}, "thanks owe no answer"


def test_a_response_that_did_not_arrive_is_taken_back_and_a_later_one_counts(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    lost = desk.at("2026-03-03 09:00").answers()
    count(desk)
    assert facts(desk, "first_response") == {"first_response 03-03 desk": (60, 60)}
    desk.at("2026-03-03 09:30")
    reported(desk, lost)
    count(desk)
    assert facts(desk, "first_response") == {} and sums(desk, "first_response") == {}
    desk.at("2026-03-04 08:00").answers("Once more")
    count(desk)
    assert facts(desk, "first_response") == {"first_response 03-04 desk": (24 * 60, 8 * 60)}
    desk.at("2026-03-04 08:05")
    reported(desk, lost, DeliveryStatus.DELIVERED)  # the gateway was wrong
    count(desk)
    assert facts(desk, "first_response") == {"first_response 03-03 desk": (60, 60)}
    assert sums(desk, "first_response", "next_response") == {"first_response 03-03 desk": 1}


def test_a_status_or_a_note_is_no_response(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").moves(Status.OPEN)
    desk.at("2026-03-03 10:00").moves(Status.RESOLVED, Outcome.FIXED)
    count(desk)
    assert facts(desk, "first_response", "next_response") == {}


def test_the_resolution_counts_to_the_first_and_to_the_last_without_pauses(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").answers(wait=True)
    desk.at("2026-03-03 15:00").says("It is the one at the school")
    desk.at("2026-03-03 16:00").moves(Status.RESOLVED, Outcome.FIXED)
    count(desk)
    assert facts(desk, "first_resolution") == {"first_resolution 03-03 desk": (120, 120)}
    assert facts(desk, "resolved") == {"resolved 03-03 desk": (120, 120)}
    desk.at("2026-03-04 10:00").says("It is choked again")
    count(desk)
    assert facts(desk, "resolved") == {} and sums(desk, "resolved") == {}
    desk.at("2026-03-04 14:00").moves(THIRD)
    desk.at("2026-03-05 11:00").moves(Status.RESOLVED, Outcome.FIXED)
    count(desk)
    assert facts(desk, "first_resolution") == {"first_resolution 03-03 desk": (120, 120)}
    assert facts(desk, "resolved") == {"resolved 03-05 desk": (120 + 240, 120 + 180)}


def test_a_reopening_counts_under_the_day_of_the_resolution_that_did_not_last(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").answers(resolve=Outcome.ANSWERED)
    desk.at("2026-03-04 09:00").says("It is choked again")
    desk.at("2026-03-05 09:00").answers(resolve=Outcome.ANSWERED)
    count(desk)
    assert sums(desk, "resolved", "reopened") == {"reopened 03-03 desk": 1, "resolved 03-05 desk": 1}


def test_opened_and_closed_count_under_their_days_and_for_the_department_of_that_time(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00")
    transfers(desk, "waste")
    desk.at("2026-03-03 10:00").moves(Status.RESOLVED, Outcome.FIXED)
    desk.at("2026-03-06 23:59").moves(Status.CLOSED)
    count(desk)
    assert sums(desk, "opened", "resolved", "closed") == {
        "opened 03-03 desk": 1,
        "resolved 03-03 waste": 1,
        "closed 03-06 waste": 1,
    }


def test_a_leg_is_the_time_a_department_had_the_case_without_its_waits(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 10:00")
    transfers(desk, "waste")
    desk.at("2026-03-03 11:00").moves(CITIZEN)
    desk.at("2026-03-03 15:00").moves(Status.OPEN)
    desk.at("2026-03-04 09:00").moves(Status.RESOLVED, Outcome.FIXED)
    count(desk)
    assert facts(desk, "leg") == {"leg 03-03 desk": (120, 120), "leg 03-04 waste": (60 + 18 * 60, 60 + 180)}
    desk.at("2026-03-04 10:00").says("It is choked again")
    desk.at("2026-03-05 10:00").moves(Status.RESOLVED, Outcome.FIXED)
    count(desk)
    assert sums(desk, "leg") == {"leg 03-03 desk": 1, "leg 03-04 waste": 1, "leg 03-05 waste": 1}
