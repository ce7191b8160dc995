"""Calendars and holidays as files: what is read of them, and the same days out again."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.departments import City
from cases.sla.calendar import ALWAYS_OPEN, Window
from cases.sla.holidays import Holiday
from config import holidays_file, loader, working_time
from config.schema import Block
from tests.factories import TEST_CITY

SHIPPED = Path(loader.__file__).parent
MORNING = Window(8 * 60 + 30, 12 * 60)


def read(text: str) -> tuple[tuple[Holiday, ...], list[str]]:
    faults: list[str] = []
    return working_time.read_holidays("port", Block("holidays/port.toml", tomllib.loads(text), faults)), faults


@pytest.fixture(scope="module")
def city() -> City:
    """The test city."""
    return loader.build(loader.read(TEST_CITY), read_secret=str, references=None, version=1).city


def test_a_calendar_in_values(city: City) -> None:
    port = city.calendars["port"]
    assert (port.name, port.zone, port.closed_due) == ("The port's office", "Pacific/Auckland", "after")
    assert port.week == ((MORNING, Window(13 * 60, 1440)), (Window(22 * 60, 30 * 60),), (), (), (), (), ())
    assert city.calendars[ALWAYS_OPEN.key] is ALWAYS_OPEN


@pytest.mark.parametrize(
    ("day", "windows"),
    [
        (date(2026, 2, 6), ()),  # the day itself is a Friday like any other, and Fridays are closed
        (date(2026, 2, 9), ()),  # observed instead, a Monday
        (date(2026, 2, 16), (MORNING, Window(13 * 60, 1440))),
        (date(2026, 10, 26), (MORNING,)),  # a half day
        (date(2026, 12, 24), (Window(8 * 60, 12 * 60),)),  # a special opening of this calendar alone
    ],
)
def test_a_day_has_its_own_hours(city: City, day: date, windows: tuple[Window, ...]) -> None:
    assert city.calendars["port"].windows(day) == windows


def test_a_special_day_wins_over_a_holiday() -> None:
    raw = loader.read(TEST_CITY)
    file = "calendars/port.toml"
    raw[file] = raw[file].replace("date = 2026-12-24", "date = 2026-02-09")
    city = loader.build(raw, read_secret=str, references=None, version=1).city
    assert city.calendars["port"].windows(date(2026, 2, 9)) == (Window(8 * 60, 12 * 60),)


def test_a_calendar_without_a_zone_has_the_citys() -> None:
    raw = loader.read(TEST_CITY)
    file = "calendars/port.toml"
    raw[file] = raw[file].replace('zone = "Pacific/Auckland"\n', "")
    city = loader.build(raw, read_secret=str, references=None, version=1).city
    assert city.calendars["port"].closing(date(2026, 2, 16)) == datetime(2026, 2, 16, 11, 0, tzinfo=UTC)


def test_holidays_are_kept_as_values(city: City) -> None:
    assert city.holidays["port"] == (
        Holiday(date(2026, 4, 3), "Good Friday", "Holidays Act"),
        Holiday(date(2026, 2, 6), "Founding Day", "Notice of the mayor", observed=date(2026, 2, 9)),
        Holiday(date(2026, 10, 26), "Harbour Day", "Notice of the mayor", hours=(MORNING,), estimated=True),
    )


CLOCK = st.integers(0, 1439)
#: the other way round, a window runs into the next day
WINDOW = st.tuples(CLOCK, CLOCK).filter(lambda one: one[0] != one[1]).map(
    lambda one: Window(one[0], one[1] if one[1] > one[0] else one[1] + 1440)
)  # fmt: skip
WORDS = st.text(min_size=1).filter(str.strip)
HOLIDAY = st.builds(
    Holiday,
    st.dates(),
    WORDS,
    WORDS,
    st.none() | st.dates(),
    WINDOW.map(lambda one: (one,)) | st.sampled_from([(), (MORNING, Window(780, 1440)), (Window(0, 1440),)]),
    st.booleans(),
)


@given(st.lists(HOLIDAY, max_size=4, unique_by=lambda one: one.day))
def test_holidays_are_read_as_they_were_written(holidays: list[Holiday]) -> None:
    text = holidays_file.write(holidays, heading="# Days of the port")
    found, faults = read(text)
    assert faults == []
    assert found == tuple(sorted(holidays, key=lambda one: one.day))
    assert holidays_file.write(found, heading=holidays_file.heading(text)) == text


def test_the_shipped_holidays_are_written_as_they_stand() -> None:
    text = (SHIPPED / "holidays" / "national.toml").read_text(encoding="utf-8")
    found, _ = read(text)
    assert holidays_file.write(found, heading=holidays_file.heading(text)) == text
