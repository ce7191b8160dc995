"""Ten thousand random deadlines around clock changes agree with the minute oracle, and with a library's."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
import workclock

from cases.sla.calendar import Calendar, Span, SpecialDay, Window
from cases.sla.policy import Target, Unit
from cases.sla.reckoning import counted_days, due, elapsed
from tests.unit.minute_oracle import MINUTE, Minutes, Oracle, Wall

ZONES = ("Africa/Accra", "Europe/London", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORKING = (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS)


class Asked(NamedTuple):
    """One case: start and end in microseconds, pauses in minutes, both since 1970."""

    target: Target
    start: int
    until: int
    pauses: Minutes


@cache
def changes(zone: str) -> list[int]:
    """Return the days on which the clock of a zone was changed in these years; where it never is, those of London."""
    at = [datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(4 * 365)]
    offsets = [one.astimezone(ZoneInfo(zone)).utcoffset() for one in at]
    found = [(one - EPOCH).days for one, here, then in zip(at, offsets, offsets[1:], strict=False) if here != then]
    return found or changes("Europe/London")


def a_change(random: Random, zone: str) -> int:
    """Return one of them, of the last year half of the time."""
    found = changes(zone)
    return random.choice(found[-2:] if random.random() < 0.5 else found)


def windows(random: Random, kind: str) -> tuple[Window, ...]:
    """Invent a day. Night shifts end before anything else does, as where people work."""
    opens = random.choice((420, 480, 510, random.randrange(510, 720)))
    closes = opens + random.randrange(60, 600)
    match kind:
        case "lunch":
            return Window(opens, opens + 90), Window(opens + 150, max(opens + 200, closes))
        case "small hours":
            early = random.randrange(240)
            return Window(early, early + random.randrange(1, 180)), Window(opens, closes)
        case "night":
            return (Window(random.choice((1320, random.randrange(1200, 1440))), random.randrange(1441, 1850)),)
        case "split night":
            return Window(720, 800), Window(1380, 1440 + random.randrange(1, 300))
        case "to midnight":
            return (Window(random.choice((0, opens)), 1440),)
        case _:
            return (Window(opens, closes),)


def calendar(random: Random, zone: str, around: int) -> Calendar:
    """Invent a week and the special days of the weeks after a day."""
    kinds = random.choice(
        (("plain", "lunch"), ("lunch", "small hours", "to midnight"), ("night", "split night"), ("to midnight",))
    )
    share = random.choice((0.4, 0.75, 1.0))
    week = [windows(random, random.choice(kinds)) if random.random() < share else () for _ in range(7)]
    week[random.randrange(7)] = windows(random, kinds[0])
    special = {}
    for _ in range(random.randrange(6)):
        day = date(1970, 1, 1) + timedelta(days=around + random.randrange(-10, 25))
        special[day] = SpecialDay(day, windows(random, random.choice(kinds)) if random.random() < 0.4 else ())
    return Calendar("any", zone, tuple(week), special, random.choice(("before", "after", "same")))


def asked(random: Random, made: Calendar, around: int) -> Asked:
    """Invent a start near a day, a target of a fortnight or so, and pauses; many fall on whole hours."""

    def minute(low: int, high: int) -> int:
        found = random.randrange(low, high)
        return found // 60 * 60 if random.random() < 0.4 else found

    begins = minute((around - 6) * 1440, (around + 4) * 1440)
    pauses = []
    for _ in range(random.choice((0, 0, 1, 2, 4))):
        start = minute(begins - 1440, begins + 10 * 1440)
        pauses.append((start, start + minute(1, random.choice((60, 600, 6000)))))
    open_minutes = sum(closes - opens for day in made.week for opens, closes in day)
    unit = random.choice(tuple(Unit))
    most = {Unit.MINUTES: 2 * open_minutes, Unit.ELAPSED: 300}.get(unit, 10)
    start = begins * MINUTE + random.choice((0, random.randrange(MINUTE)))
    until = start + random.randrange(-MINUTE, 15 * 1440 * MINUTE)
    return Asked(Target(random.randrange(1, most + 1), unit), start, until, pauses)


def by_engine(made: Calendar, case: Asked) -> tuple[int, int, int]:
    """Return due, elapsed and counted days, in microseconds."""
    started, until = instant(case.start), instant(case.until)
    pauses = [Span(instant(start * MINUTE), instant(end * MINUTE)) for start, end in case.pauses]
    unit = case.target.unit
    days = counted_days(made, unit, started=started, until=until, pauses=pauses) if unit in WORKING else 0
    took = elapsed(made, unit, started=started, until=until, pauses=pauses)
    return micros(due(made, case.target, started=started, pauses=pauses)), took // timedelta(microseconds=1), days


def by_oracle(oracle: Oracle, case: Asked) -> tuple[int, int, int]:
    amount, unit = case.target.amount, case.target.unit
    ask = {
        Unit.MINUTES: oracle.due_minutes,
        Unit.ELAPSED: oracle.due_elapsed,
        Unit.WORKING_DAYS: oracle.due_working_days,
        Unit.CALENDAR_DAYS: oracle.due_calendar_days,
    }[unit]
    days = 0
    if unit in WORKING:
        days = oracle.counted_days(case.start, case.until, case.pauses, working=unit is Unit.WORKING_DAYS)
    took = oracle.elapsed(case.start, case.until, case.pauses, plain=unit is Unit.ELAPSED)
    return ask(amount, case.start, case.pauses), took, days


def instant(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
def test_two_thousand_deadlines_agree_with_the_minute_oracle(zone: str) -> None:
    random, wall = Random(zone), Wall(zone)
    differ, units = [], Counter[Unit]()
    for _ in range(500):
        around = a_change(random, zone)
        made = calendar(random, zone, around)
        special = {day: one.windows for day, one in made.special.items()}
        oracle = Oracle(wall, made.week, special, made.closed_due)
        for _ in range(4):
            case = asked(random, made, around)
            units[case.target.unit] += 1
            found, expected = by_engine(made, case), by_oracle(oracle, case)
            if found != expected:
                differ.append((found, expected, case, made))
    assert min(units[unit] for unit in Unit) > 400
    assert differ == [], f"{len(differ)} differ"


# A library that knows weekly hours, breaks and holidays, and neither special openings nor pauses. Two classes are left
# out, because it defines them otherwise: it takes a bound in a skipped or repeated hour for one instant of its choice,
# where ours asks the wall clock; and its holidays cut off the night shift of the day before, which ours lets end.


def ordinary(random: Random, zone: str) -> tuple[Calendar, workclock.Schedule, int]:
    """Invent what both can express: no bound between 22:45 and 04:00, no holiday where shifts go over midnight."""
    around = a_change(random, zone)
    first = date(1970, 1, 1) + timedelta(days=around - 10)
    if random.random() < 0.3:
        day = (Window(random.randrange(1000, 1365), random.randrange(1680, 2440)),)
        offs = []
    else:
        lunch = random.randrange(600, 700)
        day = (Window(random.randrange(240, 600), lunch), Window(lunch + 45, random.randrange(760, 1365)))
        offs = [first + timedelta(days=random.randrange(35)) for _ in range(4)]
    days = sorted(random.sample(range(7), random.randrange(1, 8)))
    week = tuple(day if number in days else () for number in range(7))
    rules = [workclock.WorkDay(wall_time(one.opens), wall_time(one.closes), days) for one in day]
    made = Calendar("any", zone, week, {off: SpecialDay(off, ()) for off in offs})
    return made, workclock.Schedule([*rules, workclock.Holidays(offs)], time_zone=zone), around


def wall_time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


def test_two_thousand_deadlines_agree_with_a_library() -> None:
    random = Random("workclock")
    differ = []
    for number in range(2000):
        made, schedule, around = ordinary(random, ZONES[number % len(ZONES)])
        start = instant((around - 6) * 1440 * MINUTE + random.randrange(10 * 1440 * MINUTE))
        until = start + timedelta(microseconds=random.randrange(30 * 1440 * MINUTE))
        minutes = random.randrange(1, 5000)
        engine = (
            due(made, Target(minutes, Unit.MINUTES), started=start),
            elapsed(made, Unit.MINUTES, started=start, until=until),
        )
        library = (schedule.add(start, minutes=minutes), schedule.between(start, until))
        if engine != library:
            differ.append((engine, library, start, until, minutes, made))
    assert differ == [], f"{len(differ)} differ"
