"""Dates and times as people type them: where the city is, and nothing that no clock there shows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cases.errors import Invalid
from contactcentre.web.desk import local_time

AUCKLAND, ACCRA = ZoneInfo("Pacific/Auckland"), ZoneInfo("Africa/Accra")


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-11-24T09:06", ACCRA, datetime(2026, 11, 24, 9, 6, tzinfo=UTC)),
        ("2026-11-24T09:06", AUCKLAND, datetime(2026, 11, 23, 20, 6, tzinfo=UTC)),
        ("2026-06-24T09:06:30", AUCKLAND, datetime(2026, 6, 23, 21, 6, 30, tzinfo=UTC)),
        # The hour that comes twice is the first of the two.
        ("2026-04-05T02:30", AUCKLAND, datetime(2026, 4, 4, 13, 30, tzinfo=UTC)),
    ],
    ids=str,
)
def test_local_time_is_read_where_the_city_is(text: str, zone: ZoneInfo, instant: datetime) -> None:
    assert local_time.read(text, zone, field="due") == instant


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-11-24", "24.11.2026T09:00", "2026-11-24T09:06Z", "2026-02-30T10:00"]
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="date and a time") as caught:
        local_time.read(text, ACCRA, field="due")
    assert caught.value.field == "due"


def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(Invalid, match="no such hour"):
        local_time.read("2026-09-27T02:30", AUCKLAND, field="due")


def test_what_is_written_is_read_again() -> None:
    at = datetime(2026, 11, 24, 9, 6, tzinfo=UTC)
    assert local_time.written(at, AUCKLAND) == "2026-11-24T22:06"
    assert local_time.read(local_time.written(at, AUCKLAND), AUCKLAND, field="due") == at
