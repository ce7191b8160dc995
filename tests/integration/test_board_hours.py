"""What came in by the hour: citizens' messages and calls of one local day, at most so many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from cases.queries import board_hours
from contactcentre.db import Database
from tests.integration.office import Office, office
from tests.integration.telephoning import Telephones, number

ACCRA, AUCKLAND = ZoneInfo("Africa/Accra"), ZoneInfo("Pacific/Auckland")


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened


def of_day(desk: Office, day: date, zone: ZoneInfo = ACCRA) -> dict[tuple[str, int], int]:
    with desk.db.reader() as session:
        return dict(board_hours.of_day(session, day, zone=zone))


def test_it_counts_what_citizens_send_and_whom_they_call(desk: Office) -> None:
    desk.at("2026-03-03 23:59").says(number=1)
    desk.at("2026-03-04 00:00").says(number=2)
    desk.at("2026-03-04 10:30").says(number=3)
    desk.answers()
    phones = Telephones(desk.db, desk.city)
    phones.comes(number(4))
    assert of_day(desk, date(2026, 3, 4)) == {("sms", 0): 1, ("sms", 10): 1, ("voice", 10): 1}
    assert of_day(desk, date(2026, 3, 4), AUCKLAND) == {
        ("sms", 12): 1,
        ("sms", 13): 1,
        ("sms", 23): 1,
        ("voice", 23): 1,
    }


def test_no_day_however_wild_is_read_whole(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.at("2026-03-04 10:30")
    for one in range(1, 6):
        desk.says(number=one)
    monkeypatch.setattr(board_hours, "MOST", 3)
    found = of_day(desk, date(2026, 3, 4))
    assert sum(found.values()) == 3 and board_hours.intake(found, [], hour=10).cut
