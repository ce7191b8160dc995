"""The published examples of deadlines: an office open 08–12 and 13–17 on weekdays, closed on Friday 6 March 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.sla.calendar import ALWAYS_OPEN, Calendar, EmptyCalendar, Span, SpecialDay, Window
from cases.sla.policy import Target, Unit
from cases.sla.reckoning import before, due, elapsed, share_at

OFFICE_DAY = (Window(8 * 60, 12 * 60), Window(13 * 60, 17 * 60))
WEEK = (*(OFFICE_DAY,) * 5, (), ())
HOLIDAY = SpecialDay(date(2026, 3, 6), (), "Independence Day")
SATURDAY = SpecialDay(date(2026, 3, 7), (Window(9 * 60, 12 * 60),), "Open house")


def office(*special: SpecialDay, **said: str) -> Calendar:
    days = {one.day: one for one in (HOLIDAY, *special)}
    return Calendar("office", "Africa/Accra", WEEK, days, **said)


OFFICE = office()
LONDON = Calendar("london", "Europe/London", (*((Window(9 * 60, 17 * 60),),) * 5, (), ()))
SHIFT = Calendar("shift", "Africa/Accra", ((Window(22 * 60, 30 * 60),), *((),) * 6))


def at(said: str, zone: str = "UTC") -> datetime:
    """Read «Tue 3 Mar 10:00» of 2026; the weekday must be right."""
    found = datetime.strptime(f"2026 {said}", "%Y %a %d %b %H:%M")
    assert found.strftime("%a") == said[:3], said
    return found.replace(tzinfo=ZoneInfo(zone))


def span(start: str, end: str) -> Span:
    return Span(at(start), at(end))


def minutes(amount: int) -> Target:
    return Target(amount, Unit.MINUTES)


def days(amount: int) -> Target:
    return Target(amount, Unit.WORKING_DAYS)


def calendar_days(amount: int) -> Target:
    return Target(amount, Unit.CALENDAR_DAYS)


OVERNIGHT = span("Tue 3 Mar 18:00", "Wed 4 Mar 07:00")
LONG = span("Wed 4 Mar 09:00", "Mon 9 Mar 10:00")
VECTORS = [
    ("1 over lunch", OFFICE, "Tue 3 Mar 10:00", minutes(240), (), "Tue 3 Mar 15:00"),
    ("2 over the weekend", OFFICE, "Fri 27 Feb 16:30", minutes(60), (), "Mon 2 Mar 08:30"),
    ("3 from a Saturday", OFFICE, "Sat 28 Feb 11:00", minutes(120), (), "Mon 2 Mar 10:00"),
    ("4 over a holiday", OFFICE, "Thu 5 Mar 16:00", minutes(240), (), "Mon 9 Mar 11:00"),
    ("5 at closing", OFFICE, "Tue 3 Mar 17:00", minutes(60), (), "Wed 4 Mar 09:00"),
    ("6 a whole day", OFFICE, "Tue 3 Mar 08:00", minutes(480), (), "Tue 3 Mar 17:00"),
    (
        "7 paused",
        OFFICE,
        "Tue 3 Mar 10:00",
        minutes(240),
        (span("Tue 3 Mar 11:00", "Wed 4 Mar 09:00"),),
        "Wed 4 Mar 12:00",
    ),
    ("8 paused outside hours", OFFICE, "Tue 3 Mar 16:00", minutes(120), (OVERNIGHT,), "Wed 4 Mar 09:00"),
    (
        "9 pauses overlap",
        OFFICE,
        "Tue 3 Mar 10:00",
        minutes(180),
        (span("Tue 3 Mar 13:30", "Tue 3 Mar 15:00"), span("Tue 3 Mar 11:00", "Tue 3 Mar 14:00")),
        "Tue 3 Mar 17:00",
    ),
    ("11 4 h of 24/7", ALWAYS_OPEN, "Tue 3 Mar 22:00", minutes(240), (), "Wed 4 Mar 02:00"),
    ("11 72 h of 24/7", ALWAYS_OPEN, "Tue 3 Mar 22:00", minutes(4320), (), "Fri 6 Mar 22:00"),
    ("14 a special opening", office(SATURDAY), "Thu 5 Mar 16:00", minutes(180), (), "Sat 7 Mar 11:00"),
    ("15 a night shift", SHIFT, "Mon 2 Mar 23:00", minutes(240), (), "Tue 3 Mar 03:00"),
    ("17 working days", OFFICE, "Tue 3 Mar 10:00", days(5), (), "Wed 11 Mar 17:00"),
    ("18 received before closing", OFFICE, "Fri 27 Feb 16:50", days(5), (), "Mon 9 Mar 17:00"),
    ("18 received after closing", OFFICE, "Fri 27 Feb 18:10", days(5), (), "Tue 10 Mar 17:00"),
    ("19 working days paused", OFFICE, "Tue 3 Mar 10:00", days(5), (LONG,), "Fri 13 Mar 17:00"),
    ("20 before", office(closed_due="before"), "Fri 20 Feb 10:00", calendar_days(14), (), "Thu 5 Mar 17:00"),
    ("20 after", office(closed_due="after"), "Fri 20 Feb 10:00", calendar_days(14), (), "Mon 9 Mar 17:00"),
    ("20 same", office(closed_due="same"), "Fri 20 Feb 10:00", calendar_days(14), (), "Sat 7 Mar 00:00"),
    ("21 elapsed hours", OFFICE, "Fri 27 Feb 16:30", Target(48, Unit.ELAPSED), (), "Sun 1 Mar 16:30"),
]


@pytest.mark.parametrize(
    ("calendar", "started", "target", "pauses", "expected"),
    [vector[1:] for vector in VECTORS],
    ids=[vector[0] for vector in VECTORS],
)
def test_a_target_is_due(
    calendar: Calendar, started: str, target: Target, pauses: tuple[Span, ...], expected: str
) -> None:
    found = due(calendar, target, started=at(started), pauses=pauses)
    assert found == at(expected)
    assert found.tzinfo is UTC


def test_vector_7_the_paused_time_is_not_elapsed() -> None:
    pauses = (span("Tue 3 Mar 11:00", "Wed 4 Mar 09:00"),)
    until = at("Wed 4 Mar 11:30")
    found = elapsed(OFFICE, Unit.MINUTES, started=at("Tue 3 Mar 10:00"), until=until, pauses=pauses)
    assert found == timedelta(hours=3, minutes=30)


def test_vector_10_a_case_resolved_while_paused_has_used_what_came_before() -> None:
    started, resolved = at("Tue 3 Mar 10:00"), at("Tue 10 Mar 11:00")
    pauses = (Span(at("Tue 3 Mar 11:00"), resolved),)
    assert elapsed(OFFICE, Unit.MINUTES, started=started, until=resolved, pauses=pauses) == timedelta(hours=1)
    assert due(OFFICE, minutes(240), started=started, pauses=pauses) > resolved


def test_vector_12_the_clock_change_of_the_weekend_moves_the_morning() -> None:
    found = due(LONDON, minutes(240), started=at("Fri 27 Mar 16:00", "Europe/London"))
    assert found.astimezone(ZoneInfo("Europe/London")) == at("Mon 30 Mar 12:00", "Europe/London")
    assert found == at("Mon 30 Mar 11:00")


@pytest.mark.parametrize("zone", ["Africa/Accra", "Europe/London"])
def test_vector_13_a_calendar_without_windows_is_an_error(zone: str) -> None:
    with pytest.raises(EmptyCalendar, match="'shut' does not open"):
        Calendar("shut", zone, ((),) * 7, {HOLIDAY.day: HOLIDAY})


def test_vector_16_warnings_walk_working_time() -> None:
    started, deadline = at("Thu 5 Mar 16:00"), at("Mon 9 Mar 11:00")
    assert share_at(OFFICE, minutes(240), 75, started=started, due=deadline) == at("Mon 9 Mar 10:00")
    assert before(OFFICE, Unit.MINUTES, 30, due=deadline) == at("Mon 9 Mar 10:30")
