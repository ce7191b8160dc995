"""Counting again finds whatever is stored otherwise than the histories say, and says what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text

from cases.figures.differences import Difference
from cases.lifecycle import Outcome
from contactcentre.db import Database
from tests.integration.counting import count, differences, night
from tests.integration.office import Office, calendar, office

TUESDAY, THURSDAY = date(2026, 3, 3), date(2026, 3, 5)


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """A case of Tuesday that was resolved on Wednesday, one of Thursday, and three nights."""
    with office(db) as opened:
        opened.at("2026-03-03 10:00").says(number=1)
        opened.at("2026-03-04 09:00").answers(resolve=Outcome.FIXED)
        count(opened)
        night(opened)
        opened.at("2026-03-05 09:00").says(number=2)
        opened.at("2026-03-06 09:00")
        count(opened)
        assert night(opened) and night(opened)
        yield opened


def plant(desk: Office, change: str) -> None:
    assert desk.db.run(lambda uow: uow.session.execute(text(change)).rowcount) == 1  # type: ignore[attr-defined]


def place(day: str, **more: str) -> dict[str, object]:
    usual = {"part": "", "day": day, "department": "desk", "service": "", "channel": "sms", "confidential": False}
    return {**usual, **more}


def test_what_was_counted_right_differs_in_nothing(desk: Office) -> None:
    assert differences(desk) == []


def test_a_planted_drift_of_one_is_found(desk: Office) -> None:
    plant(desk, "update figure_sum set count = count + 1 where measure = 'resolved' and day = '2026-03-04'")
    assert differences(desk) == [Difference("resolved", place("2026-03-04"), 2, 1)]
    assert differences(desk, TUESDAY, TUESDAY) == [], "of another day"


def test_a_sum_that_was_deleted_or_made_up_is_found(desk: Office) -> None:
    plant(desk, "delete from figure_sum where measure = 'met' and part = 'resolution'")
    plant(desk, "update figure_sum set department = 'waste' where measure = 'opened' and day = '2026-03-05'")
    assert differences(desk) == [
        Difference("met", place("2026-03-04", part="resolution"), None, 1),
        Difference("opened", place("2026-03-05"), None, 1),
        Difference("opened", place("2026-03-05", department="waste"), 1, None),
    ]


@pytest.mark.parametrize(
    ("change", "stored", "counted"),
    [
        ("delete from figure_fact where measure = 'first_response'", None, 82800),
        ("update figure_fact set wall = wall + 1 where measure = 'first_response'", 82801, 82800),
        ("update figure_fact set business = 1 where measure = 'first_response'", 82800, 82800),
        ("update figure_fact set confidential = true where measure = 'first_response'", 82800, 82800),
    ],
)
def test_a_fact_that_was_changed_or_deleted_is_found(
    desk: Office, change: str, stored: int | None, counted: int
) -> None:
    plant(desk, change)
    (found,) = differences(desk)
    assert (found.measure, found.stored, found.counted) == ("first_response", stored, counted)


@pytest.mark.parametrize(
    ("change", "stored"),
    [
        ("delete from figure_case where case_id = 1", None),
        ("update figure_case set state = jsonb_set(state, '{cycles}', '7') where case_id = 1", 11),
    ],
)
def test_a_case_whose_counting_was_lost_or_changed_is_found(desk: Office, change: str, stored: int | None) -> None:
    plant(desk, change)
    (found,) = differences(desk)
    assert (found.measure, found.key, found.stored, found.counted) == ("counted up to", {"case": 1}, stored, 11)


def test_a_night_that_was_changed_or_lost_is_found(desk: Office) -> None:
    plant(desk, "update figure_sum set count = 9 where measure = 'backlog' and day = '2026-03-05'")
    plant(desk, "delete from figure_sum where measure = 'night' and day = '2026-03-04'")
    lost = {"part": "", "day": "2026-03-04", "department": "", "service": "", "channel": "", "confidential": False}
    assert differences(desk) == [
        Difference("backlog", place("2026-03-05", part="0-1"), 9, 1),
        Difference("night", lost, None, 1),
    ]


def test_a_changed_calendar_is_no_difference(desk: Office) -> None:
    days = {"office": calendar(TUESDAY, THURSDAY)}
    object.__setattr__(desk.city, "calendars", days)
    assert differences(desk) == [], "working time is compared only where one state of the calendar was used for both"


def test_what_was_not_counted_yet_is_no_difference(desk: Office) -> None:
    desk.says(number=3)
    assert differences(desk) == []
    count(desk)
    assert differences(desk) == []


def test_a_fact_of_no_case_of_the_period_is_found(desk: Office) -> None:
    plant(desk, "update figure_fact set case_id = 77 where measure = 'leg'")
    found = [(one.measure, one.key["case"], one.stored is None, one.counted is None) for one in differences(desk)]
    assert found == [("leg", 1, True, False), ("leg", 77, False, True)]


@pytest.mark.parametrize(
    ("change", "table", "stored", "counted"),
    [
        ("update figure_run set count = 5 where measure = 'opened' and days = 7", "figure_run opened", 5, 2),
        ("delete from figure_run where measure = 'closed'", "", 0, 0),
        ("delete from figure_run where measure = 'resolved' and days = 56", "figure_run resolved", None, 1),
        ("update figure_area_run set area = 'X' where measure = 'met' and part = 'resolution' and days = 7", "", 0, 0),
        ("update figure_length set count = 3 where measure = 'leg' and days = 1", "figure_length leg", 3, 1),
        ("update figure_length set walls = walls * 2 where measure = 'leg' and days = 7", "figure_length leg", 1, 1),
        ("delete from figure_area_length where measure = 'leg' and days = 56", "figure_area_length leg", None, 1),
    ],
)
def test_a_run_or_a_length_that_does_not_agree_with_its_days_is_found(
    desk: Office, change: str, table: str, stored: int | None, counted: int
) -> None:
    desk.db.run(lambda uow: uow.session.execute(text(change)))
    found = [(one.measure, one.stored, one.counted) for one in differences(desk)]
    if table:
        assert (table, stored, counted) in found
    else:
        assert [one[0] for one in found] == ["figure_area_run met"] * 2 if "area" in change else found == []
