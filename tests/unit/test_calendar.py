"""What a working calendar says, and where deadlines fall at its edges; the numbers are those of the engine's rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from cases.sla.calendar import ALWAYS_OPEN, Calendar, EmptyCalendar, Span, SpecialDay, Window
from cases.sla.policy import Target, Unit
from cases.sla.reckoning import after, before, counted_days, due, elapsed, share_at

DAY, LUNCH = (Window(540, 1020),), (Window(480, 720), Window(780, 1020))
OFFICE = Calendar("office", "Europe/London", (*(LUNCH,) * 5, (), ()))
CLOSED_ON = date(2026, 4, 6)
HOUR, MICRO = timedelta(hours=1), timedelta(microseconds=1)


def every(*windows: tuple[int, int], zone: str = "UTC", special: Mapping[date, SpecialDay] | None = None) -> Calendar:
    return Calendar("every-day", zone, (tuple(Window(*one) for one in windows),) * 7, special or {})


def at(said: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(f"2026-{said}").replace(tzinfo=ZoneInfo(zone))


def span(start: str, end: str) -> Span:
    return Span(at(start), at(end))


def of(amount: int, unit: Unit = Unit.MINUTES) -> Target:
    return Target(amount, unit)


# What a calendar says.


def test_spans_are_cut_at_both_ends_and_joined_where_they_touch() -> None:
    found = list(OFFICE.spans(at("01-05 09:00"), at("01-06 08:30")))
    assert found == [
        span("01-05 09:00", "01-05 12:00"),
        span("01-05 13:00", "01-05 17:00"),
        span("01-06 08:00", "01-06 08:30"),
    ]
    night = every((1320, 1800), (360, 480))
    assert list(night.spans(at("01-05 00:00"), at("01-06 00:00"))) == [
        span("01-05 00:00", "01-05 08:00"),
        span("01-05 22:00", "01-06 00:00"),
    ]
    assert list(ALWAYS_OPEN.spans(at("01-05 07:00"), at("03-01 07:00"))) == [span("01-05 07:00", "03-01 07:00")]
    assert list(OFFICE.spans(at("01-05 09:00"), at("01-05 09:00"))) == []


@pytest.mark.parametrize(
    ("instant", "is_open", "opening"),
    [
        ("01-05 07:59:59.999999", False, "01-05 08:00"),
        ("01-05 08:00", True, "01-05 08:00"),
        ("01-05 11:59:59.999999", True, "01-05 11:59:59.999999"),
        ("01-05 12:00", False, "01-05 13:00"),
        ("01-09 17:00", False, "01-12 08:00"),
        ("01-10 10:00", False, "01-12 08:00"),
    ],
)
def test_rule_14_a_window_holds_its_opening_and_not_its_closing(instant: str, is_open: bool, opening: str) -> None:
    assert OFFICE.is_open(at(instant)) is is_open
    assert OFFICE.next_opening(at(instant)) == at(opening)


def test_a_day_closes_with_its_last_window_and_a_closed_day_never() -> None:
    assert OFFICE.closing(date(2026, 1, 5)) == at("01-05 17:00")
    assert OFFICE.closing(date(2026, 7, 6)) == at("07-06 16:00")
    assert OFFICE.closing(date(2026, 1, 10)) is None
    assert [OFFICE.is_working_day(date(2026, 1, day)) for day in (9, 10, 11, 12)] == [True, False, False, True]


def test_the_fingerprint_changes_with_whatever_may_move_a_deadline_and_with_nothing_else() -> None:
    def made(zone="UTC", week=OFFICE.week, windows=(), closed_due="before", **said):
        special = {CLOSED_ON: SpecialDay(CLOSED_ON, windows, said.get("day", ""), said.get("source", ""))}
        return Calendar(said.get("key", "office"), zone, week, special, closed_due, said.get("name", "")).fingerprint

    turned = (tuple(reversed(LUNCH)), *OFFICE.week[1:])
    same = [made(), made(key="other"), made(name="Office"), made(day="Easter"), made(source="law"), made(week=turned)]
    assert len(set(same)) == 1
    others = [
        made(zone="Europe/London"),
        made(week=(DAY, *OFFICE.week[1:])),
        made(windows=DAY),
        made(closed_due="after"),
    ]
    assert len({same[0], *others}) == 5
    assert same[0] == "a80e5e43bc2c6cb2"  # rows keep it: another way to compute it would reckon every case anew


BAD = [
    ({"zone": "Europe/Atlantis"}, "is no time zone"),
    ({"week": (DAY,) * 6}, "a week has seven days, not 6"),
    ({"week": ((Window(-1, 60),),) * 7}, "opens at minute -1"),
    ({"week": ((Window(1440, 1500),),) * 7}, "opens at minute 1440"),
    ({"week": ((Window(60, 60),),) * 7}, "closes at 60"),
    ({"week": ((Window(60, 1501),),) * 7}, "closes at 1501"),
    ({"special": {CLOSED_ON: SpecialDay(CLOSED_ON, (Window(9, 1450),))}}, "closes at 1450"),
    ({"special": {CLOSED_ON: SpecialDay(date(2026, 4, 7), ())}}, "2026-04-07 stands under 2026-04-06"),
]


@pytest.mark.parametrize(("said", "fault"), BAD, ids=[fault for _, fault in BAD])
def test_a_calendar_that_cannot_be_is_refused(said: dict, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Calendar(**{"key": "bad", "zone": "UTC", "week": (DAY,) * 7, **said})


# Where deadlines fall.


def test_rule_13_an_office_that_closes_at_midnight_loses_no_minute_a_day() -> None:
    whole = every((0, 1440))
    assert due(whole, of(3 * 1440), started=at("01-05 10:00")) == at("01-08 10:00")
    assert due(every((480, 1440)), of(16 * 60), started=at("01-05 08:00")) == at("01-06 00:00")
    assert due(every((480, 1440)), of(16 * 60 + 1), started=at("01-05 08:00")) == at("01-06 08:01")
    assert due(whole, of(1, Unit.WORKING_DAYS), started=at("01-05 10:00")) == at("01-07 00:00")
    assert whole.closing(date(2026, 1, 5)) == at("01-06 00:00")


def test_rule_13_a_night_shift_belongs_to_the_day_on_which_it_opens() -> None:
    closed = {CLOSED_ON: SpecialDay(CLOSED_ON, ())}
    night = every((1320, 1800), special=closed)
    assert night.closing(date(2026, 4, 5)) == at("04-06 06:00")
    assert night.closing(CLOSED_ON) is None
    assert due(night, of(60), started=at("04-06 05:30")) == at("04-07 22:30")


def test_rule_14_a_target_that_fills_the_day_is_due_at_closing() -> None:
    assert due(OFFICE, of(480), started=at("01-05 08:00")) == at("01-05 17:00")
    assert due(OFFICE, of(240), started=at("01-05 08:00")) == at("01-05 12:00")
    assert due(OFFICE, of(60), started=at("01-05 12:00")) == at("01-05 14:00")
    assert due(OFFICE, of(60), started=at("01-05 17:00")) == at("01-06 09:00")


def test_rule_14_a_microsecond_decides() -> None:
    closing = at("01-05 17:00")
    assert due(OFFICE, of(1), started=closing - MICRO) == at("01-06 08:01") - MICRO
    assert due(OFFICE, of(1, Unit.WORKING_DAYS), started=closing - MICRO) == at("01-06 17:00")
    assert due(OFFICE, of(1, Unit.WORKING_DAYS), started=closing) == at("01-07 17:00")
    assert elapsed(OFFICE, Unit.MINUTES, started=closing - MICRO, until=at("01-06 08:00") + MICRO) == 2 * MICRO


@pytest.mark.parametrize(
    ("paused", "expected"),
    [
        (("01-06 17:00", "01-07 08:00"), "01-06 17:00"),  # begins at closing: takes nothing of the day
        (("01-06 16:59", "01-06 17:00"), "01-07 17:00"),  # lasts until closing: takes its last minute
        (("01-06 09:00", "01-06 16:59"), "01-06 17:00"),
        (("01-04 09:00", "01-05 10:00"), "01-06 17:00"),
    ],
)
def test_rule_14_a_working_day_counts_if_the_clock_ran_until_it_closed(paused: tuple[str, str], expected: str) -> None:
    found = due(OFFICE, of(1, Unit.WORKING_DAYS), started=at("01-05 10:00"), pauses=[span(*paused)])
    assert found == at(expected)


def test_rule_15_what_began_outside_hours_has_used_no_time_until_they_begin() -> None:
    saturday = at("01-10 11:00")
    assert elapsed(OFFICE, Unit.MINUTES, started=saturday, until=at("01-12 08:00")) == timedelta()
    assert elapsed(OFFICE, Unit.WORKING_DAYS, started=saturday, until=at("01-12 10:00")) == 2 * HOUR
    assert elapsed(OFFICE, Unit.CALENDAR_DAYS, started=saturday, until=at("01-12 10:00")) == 2 * HOUR
    assert elapsed(OFFICE, Unit.ELAPSED, started=saturday, until=at("01-12 10:00")) == 47 * HOUR
    assert elapsed(OFFICE, Unit.ELAPSED, started=saturday, until=saturday - HOUR) == timedelta()
    assert elapsed(OFFICE, Unit.MINUTES, started=saturday, until=at("01-05 10:00")) == timedelta()
    assert elapsed(OFFICE, Unit.MINUTES, started=at("01-12 11:00"), until=at("01-12 10:00")) == timedelta()


def test_rule_16_a_special_day_has_its_own_windows_in_the_zone_of_the_calendar() -> None:
    half, sunday = date(2026, 12, 24), date(2026, 12, 27)
    special = {half: SpecialDay(half, (Window(540, 600),)), sunday: SpecialDay(sunday, DAY)}
    office = Calendar("office", "Pacific/Auckland", (*(DAY,) * 5, (), ()), special)
    zone = "Pacific/Auckland"
    assert office.closing(half) == at("12-24 10:00", zone)
    assert due(office, of(120), started=at("12-24 09:00", zone)) == at("12-25 10:00", zone)
    assert due(office, of(1, Unit.WORKING_DAYS), started=at("12-25 18:00", zone)) == at("12-28 17:00", zone)


CHANGES = [
    ("the hour that London skips", "Europe/London", (0, 240), "2026-03-29", 180),
    ("the hour that London repeats", "Europe/London", (0, 240), "2026-10-25", 300),
    ("half of a window is skipped", "Europe/London", (90, 150), "2026-03-29", 30),
    ("a window within the repeated hour", "Europe/London", (75, 90), "2026-10-25", 30),
    ("a window within the skipped hour", "Europe/London", (75, 90), "2026-03-29", 0),
    ("New York skips", "America/New_York", (60, 240), "2026-03-08", 120),
    ("Lord Howe skips half an hour", "Australia/Lord_Howe", (0, 240), "2026-10-04", 210),
    ("Lord Howe repeats half an hour", "Australia/Lord_Howe", (0, 240), "2026-04-05", 270),
    ("Cairo begins a day at one", "Africa/Cairo", (0, 120), "2026-04-24", 60),
    ("Cairo has its last hour twice", "Africa/Cairo", (1320, 1440), "2026-10-29", 180),
    ("a zone that skips a date", "Pacific/Apia", (0, 1440), "2011-12-30", 0),
    ("a zone that went back over midnight", "America/St_Johns", (0, 1440), "2006-10-28", 1499),
    ("as offsets were, not as they are", "Europe/London", (0, 1440), "1968-10-27", 1440),
    ("an offset with seconds", "Europe/Amsterdam", (480, 540), "1930-01-06", 60),
]


@pytest.mark.parametrize(
    ("zone", "window", "day", "open_minutes"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_rule_17_a_window_is_as_long_as_the_wall_clock_reads_it(
    zone: str, window: tuple[int, int], day: str, open_minutes: int
) -> None:
    only = SpecialDay(date.fromisoformat(day), (Window(*window),))
    quiet = {only.day + timedelta(days=n): SpecialDay(only.day + timedelta(days=n), ()) for n in range(-5, 6)}
    calendar = every((0, 1440), zone=zone, special={**quiet, only.day: only})
    noon = datetime.combine(only.day, datetime.min.time(), UTC) + 12 * HOUR
    around = {"started": noon - 48 * HOUR, "until": noon + 48 * HOUR}
    assert elapsed(calendar, Unit.MINUTES, **around) == timedelta(minutes=open_minutes)
    assert calendar.is_working_day(only.day) is (open_minutes > 0)


def test_rule_17_a_deadline_in_a_repeated_hour_is_at_the_second_closing() -> None:
    night = every((0, 90), zone="Europe/London")
    assert night.closing(date(2026, 10, 25)) == at("10-25 01:30")
    found = due(night, of(1, Unit.CALENDAR_DAYS), started=at("10-24 12:00"))
    assert found == at("10-25 01:30")
    assert found.astimezone(ZoneInfo("Europe/London")).fold == 1


def test_rule_17_the_zone_of_the_start_does_not_matter() -> None:
    zones = ("UTC", "Pacific/Auckland", "America/New_York")
    starts = [at("03-27 16:00").astimezone(ZoneInfo(zone)) for zone in zones]
    assert {due(OFFICE, of(90), started=start) for start in starts} == {at("03-30 07:30")}
    with pytest.raises(TypeError):
        due(OFFICE, of(90), started=datetime(2026, 3, 27))


def test_rule_18_a_calendar_that_stops_opening_is_refused() -> None:
    opening = SpecialDay(CLOSED_ON, DAY)
    with pytest.raises(EmptyCalendar):
        Calendar("once", "UTC", ((),) * 7, {CLOSED_ON: opening})
    mondays = {day: SpecialDay(day, ()) for day in (CLOSED_ON + timedelta(weeks=week) for week in range(523))}
    weekly = (DAY, *((),) * 6)
    with pytest.raises(EmptyCalendar):
        Calendar("never", "UTC", weekly, mondays)
    del mondays[CLOSED_ON + timedelta(weeks=260)]
    assert Calendar("rarely", "UTC", weekly, mondays).next_opening(at("04-06 09:00")).year == 2031


@pytest.mark.parametrize("unit", Unit)
def test_rule_18_no_walk_goes_on_for_ever(unit: Unit) -> None:
    for amount in (60_000_000, 10**13):
        with pytest.raises(OverflowError, match="a hundred years"):
            due(OFFICE, of(amount, unit), started=at("01-05 10:00"))
    with pytest.raises(ValueError, match="is no target"):
        due(OFFICE, of(0, unit), started=at("01-05 10:00"))


FRIDAY, MONDAY = "01-09 16:00", "01-12 10:00"


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1, "01-09 16:01:48"), (Fraction(1, 3), "01-09 17:00"), (75, "01-12 09:15"), (100, MONDAY), (Fraction(1), MONDAY)],
)
def test_rule_19_a_share_of_the_time_is_a_share_of_working_time(share: Fraction | int, expected: str) -> None:
    found = share_at(OFFICE, of(180), share, started=at(FRIDAY), due=at(MONDAY))
    assert found == at(expected)


def test_rule_19_a_share_leaves_out_pauses_and_of_elapsed_hours_is_plain() -> None:
    paused = [span("01-09 16:30", "01-12 09:00")]
    deadline = due(OFFICE, of(60), started=at(FRIDAY), pauses=paused)
    assert deadline == at("01-12 09:30")
    assert share_at(OFFICE, of(60), 75, started=at(FRIDAY), due=deadline, pauses=paused) == at("01-12 09:15")
    plain = of(48, Unit.ELAPSED)
    assert share_at(OFFICE, plain, 75, started=at(FRIDAY), due=at("01-11 16:00")) == at("01-11 04:00")
    assert share_at(OFFICE, of(1), 50, started=at("01-10 09:00"), due=at("01-10 20:00")) == at("01-10 09:00")
    for share in (0, 101, Fraction(3, 2)):
        with pytest.raises(ValueError, match="is no share"):
            share_at(OFFICE, plain, share, started=at(FRIDAY), due=at(MONDAY))


@pytest.mark.parametrize(
    ("unit", "minutes", "deadline", "earlier", "later"),
    [
        (Unit.MINUTES, 30, "01-12 08:15", "01-09 16:45", "01-12 08:45"),
        (Unit.MINUTES, 15, "01-12 08:15", "01-12 08:00", "01-12 08:30"),
        (Unit.WORKING_DAYS, 60, "01-12 17:00", "01-12 16:00", "01-13 09:00"),
        (Unit.CALENDAR_DAYS, 240, "01-12 14:00", "01-12 09:00", "01-13 09:00"),
        (Unit.ELAPSED, 90, "01-12 08:15", "01-12 06:45", "01-12 09:45"),
        (Unit.MINUTES, 0, "01-10 12:00", "01-10 12:00", "01-10 12:00"),
    ],
)
def test_rule_19_steps_before_and_after_the_deadline_fall_in_hours(
    unit: Unit, minutes: int, deadline: str, earlier: str, later: str
) -> None:
    assert before(OFFICE, unit, minutes, due=at(deadline)) == at(earlier)
    assert after(OFFICE, unit, minutes, due=at(deadline)) == at(later)


def test_rule_19_a_step_before_the_deadline_leaves_out_pauses() -> None:
    paused = [span("01-09 16:30", "01-12 09:00")]
    assert before(OFFICE, Unit.MINUTES, 45, due=at("01-12 09:30"), pauses=paused) == at("01-09 16:15")
    assert before(OFFICE, Unit.ELAPSED, 45, due=at("01-12 09:30"), pauses=paused) == at("01-09 16:15")


def test_rule_28_closed_days_lengthen_and_never_shorten() -> None:
    every_day = every((480, 1020))
    for amount in range(1, 30):
        for unit in (Unit.WORKING_DAYS, Unit.MINUTES):
            target = of(amount * (1 if unit is Unit.WORKING_DAYS else 400), unit)
            plain, office = (due(one, target, started=at("01-05 10:00")) for one in (every_day, OFFICE))
            assert office >= plain
    assert due(OFFICE, of(5, Unit.WORKING_DAYS), started=at("01-07 10:00")) == at("01-14 17:00")


# Calendar days, and pauses at their edges.


@pytest.mark.parametrize(
    ("closed_due", "amount", "expected"),
    [
        ("before", 7, "01-16 17:00"),
        ("before", 8, "01-16 17:00"),
        ("after", 8, "01-19 17:00"),
        ("same", 8, "01-18 00:00"),
        ("before", 1, "01-12 17:00"),  # Friday's closing has passed on Friday evening
    ],
)
def test_calendar_days_that_end_on_a_closed_day(closed_due: str, amount: int, expected: str) -> None:
    office = Calendar("office", "UTC", OFFICE.week, closed_due=closed_due)
    assert due(office, of(amount, Unit.CALENDAR_DAYS), started=at("01-09 18:00")) == at(expected)


def test_calendar_days_count_where_the_clock_ran_at_midnight() -> None:
    pauses = [span("01-06 10:00", "01-07 09:00"), span("01-07 10:00", "01-07 20:00")]
    target = of(3, Unit.CALENDAR_DAYS)
    assert due(OFFICE, target, started=at("01-05 10:00"), pauses=pauses) == at("01-09 17:00")
    counted = [
        counted_days(OFFICE, target.unit, started=at("01-05 10:00"), until=at(until), pauses=pauses)
        for until in ("01-06 00:00", "01-07 00:00", "01-07 23:59", "01-08 00:00", "01-09 17:00", "01-10 00:00")
    ]
    assert counted == [0, 0, 0, 1, 2, 3]


def test_working_days_are_counted_at_their_closing() -> None:
    pauses = [span("01-06 16:00", "01-07 09:00")]
    counted = [
        counted_days(OFFICE, Unit.WORKING_DAYS, started=at("01-05 10:00"), until=at(until), pauses=pauses)
        for until in ("01-05 09:00", "01-05 18:00", "01-06 18:00", "01-07 16:59", "01-07 17:00", "01-12 17:00")
    ]
    assert counted == [0, 0, 0, 0, 1, 4]
    with pytest.raises(ValueError, match="counts no days"):
        counted_days(OFFICE, Unit.MINUTES, started=at("01-05 10:00"), until=at("01-06 10:00"))


@pytest.mark.parametrize(
    ("unit", "amount"),
    [(Unit.MINUTES, 700), (Unit.WORKING_DAYS, 2), (Unit.ELAPSED, 30), (Unit.CALENDAR_DAYS, 5)],
)
def test_rule_21_a_pause_that_begins_at_the_deadline_or_later_does_not_move_it(unit: Unit, amount: int) -> None:
    started = at("01-05 10:00")
    deadline = due(OFFICE, of(amount, unit), started=started)
    for late in (timedelta(), HOUR, 6 * HOUR):
        pauses = [Span(deadline + late, deadline + late + 300 * HOUR)]
        assert due(OFFICE, of(amount, unit), started=started, pauses=pauses) == deadline
    assert due(OFFICE, of(amount, unit), started=started, pauses=[Span(started, deadline)]) > deadline


def test_a_deadline_never_lies_in_a_pause() -> None:
    closed = SpecialDay(date(2026, 1, 9), ())  # Friday; what ends on it is due on Thursday, which was paused
    office = Calendar("office", "UTC", OFFICE.week, {closed.day: closed})
    paused = [span("01-08 16:00", "01-08 18:00")]
    found = due(office, of(4, Unit.CALENDAR_DAYS), started=at("01-05 10:00"), pauses=paused)
    assert found == at("01-12 17:00")


def test_pauses_come_in_any_order_overlap_and_may_be_empty_or_older_than_the_start() -> None:
    pauses = [
        span("01-05 14:00", "01-05 15:00"),
        span("01-05 11:00", "01-05 11:30"),
        span("01-05 11:15", "01-05 11:30"),
        span("01-05 16:00", "01-05 16:00"),
        span("01-05 16:30", "01-05 16:00"),
        span("01-02 09:00", "01-05 10:30"),
        span("01-01 09:00", "01-02 09:00"),
    ]
    assert due(OFFICE, of(180), started=at("01-05 10:00"), pauses=pauses) == at("01-05 16:00")
    exact = Span(at("01-05 10:00:00.000003"), at("01-05 10:00:00.000010"))
    assert due(OFFICE, of(1), started=at("01-05 10:00:00.000001"), pauses=[exact]) == at("01-05 10:01:00.000008")
