"""What waited at the end of a day: as it was at midnight, however late it is counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from cases.lifecycle import Outcome, Status
from contactcentre.db import Database
from tests.factories import Organisation, phone, say
from tests.integration.counting import count, differences, night, sums
from tests.integration.office import Office, now, office

THIRD = Status.WAITING_ON_THIRD_PARTY


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened
        assert differences(opened) == []


def waiting(desk: Office) -> dict[str, int]:
    return sums(desk, "backlog", "standing")


def test_what_waits_at_midnight_is_counted_by_age(desk: Office) -> None:
    desk.at("2026-01-05 10:00").says(number=1)
    desk.at("2026-03-01 10:00").says(number=2)
    desk.at("2026-03-03 10:00").says(number=3)
    desk.at("2026-03-03 10:00").says(number=4)
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    desk.at("2026-03-04 00:20")
    count(desk)
    assert night(desk) == date(2026, 3, 3)
    assert waiting(desk) == {"backlog 0-1 03-03 desk": 1, "backlog 2-7 03-03 desk": 1, "backlog 31-90 03-03 desk": 1}
    assert night(desk) is None, "once a night"


def test_promises_that_stand_still_at_midnight_are_counted_by_kind(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.moves(THIRD)
    desk.at("2026-03-04 09:00")
    count(desk)
    night(desk)
    assert waiting(desk) == {"backlog 0-1 03-03 desk": 1, "standing resolution 03-03 desk": 1}


def test_what_happened_after_midnight_is_not_in_it(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says(number=1)
    desk.moves(THIRD)
    first = desk.case_id
    desk.at("2026-03-03 11:00").says(number=2)
    desk.at("2026-03-04 08:00").moves(Status.RESOLVED, Outcome.FIXED)
    desk.case_id = first
    desk.moves(Status.OPEN)
    desk.says(number=3)
    count(desk)
    assert night(desk) == date(2026, 3, 3)
    assert waiting(desk) == {"backlog 0-1 03-03 desk": 2, "standing resolution 03-03 desk": 1}


def test_nights_that_were_missed_are_made_up_each_as_it_was(desk: Office) -> None:
    desk.at("2026-03-02 10:00").says(number=1)
    desk.at("2026-03-03 00:20")
    count(desk)
    assert night(desk) == date(2026, 3, 2)
    desk.at("2026-03-03 10:00").says(number=2)
    desk.at("2026-03-04 10:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-05 10:00")
    count(desk)
    assert [night(desk), night(desk), night(desk)] == [date(2026, 3, 3), date(2026, 3, 4), None]
    assert waiting(desk) == {
        "backlog 0-1 03-02 desk": 1,
        "backlog 0-1 03-03 desk": 2,
        "backlog 2-7 03-04 desk": 1,
    }


def test_no_night_is_counted_before_all_that_came_before_it(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.at("2026-03-04 00:10")
    count(desk)
    assert night(desk) == date(2026, 3, 2), "what was begun before the last midnight may not have committed"
    assert waiting(desk) == {}
    with Session(desk.db.engine, expire_on_commit=False) as older:
        desk.at("2026-03-03 23:59")
        say(older, desk.city, "late", sender=phone(2))
        desk.at("2026-03-03 23:58").says(number=3)
        desk.at("2026-03-04 00:20")
        count(desk)
        assert night(desk) is None, "an event of yesterday waits to be counted"
        older.commit()
    count(desk)
    assert night(desk) == date(2026, 3, 3)
    assert waiting(desk) == {"backlog 0-1 03-03 desk": 3}


def test_a_day_ends_where_the_city_is(db: Database) -> None:
    auckland = Organisation("Test", "Test", "NZ", "NZD", "Pacific/Auckland", "111", "en", ("en",))
    with office(db, organisation=auckland) as desk:
        desk.at("2026-03-03 10:30").says(number=1)  # 23:30
        desk.at("2026-03-03 11:30").says(number=2)  # half past midnight
        count(desk)
        assert sums(desk, "opened") == {"opened 03-03 desk": 1, "opened 03-04 desk": 1}
        assert night(desk) == date(2026, 3, 3)
        assert waiting(desk) == {"backlog 0-1 03-03 desk": 1}
        assert differences(desk) == []
        assert now().hour == 11
