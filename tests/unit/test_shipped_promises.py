"""The shipped calendars, holidays and promises, reckoned by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cases.departments import City
from cases.sla import reckoning
from cases.sla.policy import PAUSING, Target, Unit, choose
from config import loader

SHIPPED = Path(loader.__file__).parent


@pytest.fixture(scope="module")
def city() -> City:
    """The shipped city."""
    return loader.build(loader.read(SHIPPED), read_secret=str, references=None, version=1).city


def test_a_case_of_friday_evening_before_a_holiday_week(city: City) -> None:
    started = datetime(2026, 2, 27, 16, 50, tzinfo=UTC)
    due = reckoning.due(city.calendars["office"], Target(5, Unit.WORKING_DAYS), started=started)
    assert due == datetime(2026, 3, 9, 17, 0, tzinfo=UTC)  # Independence Day, a Friday, is closed


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 1, 7), True),  # moved
        (date(2026, 1, 9), False),  # observed instead
        (date(2026, 8, 4), True),  # no holiday any more
        (date(2026, 12, 4), False),
        (date(2026, 12, 28), False),
        (date(2027, 3, 8), False),
    ],
)
def test_holidays_that_were_moved_or_dropped(city: City, day: date, is_open: bool) -> None:
    assert city.calendars["office"].is_working_day(day) == is_open


def test_every_department_promises_a_first_answer_and_an_end(city: City) -> None:
    for policy in (one for one in city.policies if one.channel is None):
        assert {"first_response", "resolution"} <= set(policy.targets)
        assert policy.pauses.get("resolution") == PAUSING
        assert "first_response" not in policy.pauses
        assert policy.steps


def test_what_is_urgent_is_promised_in_hours_wherever_a_crew_goes_out(city: City) -> None:
    for department in ("client-services", "environmental-health", "urban-roads", "waste", "works"):
        for service in (None, *(one.key for one in city.departments[department].services)):
            found = choose(city.policies, department=department, service=service, priority="urgent")
            assert found is not None
            if found.key != "food-vendor-certificate":  # no crew goes out for it
                assert found.targets["resolution"] == Target(12, Unit.ELAPSED), (department, service)


def test_a_letter_is_answered_in_seven_working_days_and_settled_as_any_other_case(city: City) -> None:
    where = {"department": "urban-roads", "service": "street-light"}
    by_letter = choose(city.policies, **where, priority="normal", channel="letters")
    by_phone = choose(city.policies, **where, priority="normal", channel="sms")
    assert by_letter is not None and by_phone is not None
    week = Target(7, Unit.WORKING_DAYS)
    assert [by_letter.of(kind).targets[kind] for kind in ("first_response", "next_response")] == [week, week]
    assert by_phone.of("first_response").targets["first_response"] == Target(1, Unit.WORKING_DAYS)
    assert by_letter.of("resolution") is by_letter and by_letter.targets == by_phone.targets
    urgent = choose(city.policies, **where, priority="urgent", channel="letters")
    assert urgent is not None and urgent.of("first_response").key == "urgent", "a higher rank stands over it"


def test_what_the_law_leaves_open_stays_open(city: City) -> None:
    (law,) = city.statutes
    assert (law.decision, law.extension_days) == (Target(14, Unit.CALENDAR_DAYS), 7)
    assert (law.ask_review_within_days, law.transfer_within_days, law.third_party_within_days) == (None, None, None)
