"""What a queue row says of time, as a sentence."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from contactcentre.web.desk import clocks
from tests.integration.office import calendar, when

ZONE = ZoneInfo("Africa/Accra")


@pytest.mark.parametrize(
    ("due", "now", "status", "said"),
    [
        ("2026-03-03 11:00", "2026-03-03 09:00", "open", "First reply due in 2 h 00"),
        ("2026-03-03 15:00", "2026-03-03 11:00", "open", "First reply due in 3 h 00 of working time"),
        ("2026-03-02 16:00", "2026-03-03 10:00", "new", "First reply overdue by 3 h 00 of working time"),
        ("2026-01-02 16:00", "2026-03-03 10:00", "new", "First reply overdue by 59 days"),
        (None, "2026-03-03 10:00", "waiting_on_citizen", "Paused"),
        ("2026-03-02 16:00", "2026-03-03 10:00", "resolved", "Resolved"),
    ],
)
def test_a_row_says_how_much_time_that_counts_is_left(due: str | None, now: str, status: str, said: str) -> None:
    at: datetime | None = when(due) if due else None
    row = cast(Any, SimpleNamespace(status=status, due_at=at, due_kind="first_response"))
    assert clocks.row_words(row, calendar(), now=when(now), zone=ZONE) == said
