"""What a deadline's explanation says, line by line, against arithmetic done by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from cases.sla import explaining
from cases.sla.calendar import Calendar, SpecialDay, Window
from cases.sla.explaining import Running
from cases.sla.policy import Step, Target, Unit
from cases.sla.terms import Terms, frozen

DAY = (Window(480, 720), Window(780, 1020))
HOLIDAY = SpecialDay(date(2026, 3, 6), (), "Independence Day")
OFFICE = Calendar("office", "Africa/Accra", (DAY,) * 5 + ((), ()), {HOLIDAY.day: HOLIDAY})


ASKED = ((datetime(2026, 3, 5, 15, 30, tzinfo=UTC), None, "waiting_on_citizen"),)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


def running(target: Target, started: str, due: str | None, **more: object) -> Running:
    terms = Terms("usual", 3, target, "office", steps=(Step("75%", ("assignee",)),))
    return Running(json.loads(frozen(terms)), at(started), at(due) if due else None, False, **more)  # type: ignore[arg-type]


def test_minutes_are_added_up_day_by_day_around_lunch_and_a_holiday() -> None:
    timer = running(Target(240, Unit.MINUTES), "05 16:00", "09 11:00")
    assert explaining.lines(timer, OFFICE, now=at("05 17:00")) == (
        "Promised within 240 working minutes (policy usual, version 3, calendar office).",
        "Started Thu 5 Mar 2026 16:00.",
        "Thu 5 Mar 2026: 16:00-17:00; 60 min, 60 of 240",
        "Fri 6 Mar 2026: closed (Independence Day); 0 min, 60 of 240",
        "Sat 7 Mar 2026: closed; 0 min, 60 of 240",
        "Sun 8 Mar 2026: closed; 0 min, 60 of 240",
        "Mon 9 Mar 2026: 08:00-11:00; 180 min, 240 of 240",
        "Due Mon 9 Mar 2026 11:00.",
        "Mon 9 Mar 2026 10:00, 75% of the time used: goes to assignee.",
    )


def test_working_days_are_counted_at_their_closing_and_pauses_are_told() -> None:
    pauses = ((at("04 09:00"), at("09 10:00"), "waiting_on_citizen"),)
    timer = running(Target(5, Unit.WORKING_DAYS), "03 10:00", "13 17:00", pauses=pauses)
    told = explaining.lines(timer, OFFICE, now=at("09 12:00"))
    assert "Stood still from Wed 4 Mar 2026 09:00 until Mon 9 Mar 2026 10:00: waiting on citizen." in told
    assert [line.rpartition("; ")[2] for line in told if ":00-" in line] == [
        *("day of receipt", "not counted", "not counted"),
        *(f"day {number}" for number in range(1, 6)),
    ]


def test_long_stretches_are_shortened() -> None:
    timer = running(Target(20, Unit.WORKING_DAYS), "02 10:00", "31 17:00")
    told = explaining.lines(timer, OFFICE, now=at("02 10:00"))
    assert "… 18 more days …" in told
    assert len(told) < 20


@pytest.mark.parametrize(
    ("timer", "now", "left"),
    [
        (running(Target(240, Unit.MINUTES), "05 16:00", "09 11:00"), "05 16:30", "3 h 30 min of working time left"),
        (running(Target(5, Unit.WORKING_DAYS), "03 10:00", "11 17:00"), "09 10:00", "2 working days left"),
        (running(Target(5, Unit.WORKING_DAYS), "03 10:00", "11 17:00"), "11 10:00", "6 h 00 min of working time left"),
        (running(Target(48, Unit.ELAPSED), "03 10:00", "05 10:00"), "05 09:15", "45 min left"),
        (running(Target(240, Unit.MINUTES), "05 16:00", "09 11:00"), "09 11:00", ""),
        (
            running(Target(240, Unit.MINUTES), "05 14:00", None, pauses=ASKED),
            "09 11:00",
            "1 h 30 min used",
        ),
    ],
)
def test_what_is_left_is_told_in_the_time_that_counts(timer: Running, now: str, left: str) -> None:
    assert explaining.left(timer, OFFICE, now=at(now)) == left
