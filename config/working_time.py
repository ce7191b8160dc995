"""Reads holidays/*.toml and calendars/*.toml: which days are closed, and when an office is open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from cases.sla.calendar import ALWAYS_OPEN, Calendar, SpecialDay, Window
from cases.sla.holidays import Holiday, special_days
from config.schema import Block

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED_DUE = ("before", "after", "same")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_WORDS = 'write "08:00-12:00"; 24:00 is midnight, and "22:00-06:00" runs into the next day'
_DAY = 1440


def read_holidays(key: str, block: Block) -> tuple[Holiday, ...]:
    """Read one file of holidays."""
    block.check_name(key)
    found: dict[date, Holiday] = {}
    for one in block.tables("days"):
        day = one.date("date")
        observed = one.date("observed") if "observed" in one else None
        name, source, hours = one.text("name"), one.text("source"), _windows(one, "hours")
        estimated = one.flag("estimated", default=False)
        one.end()
        if day is None:
            continue
        if day in found:
            one.fault("date", f"{day} is in this file already, as {found[day].name!r}; leave one out")
        found[day] = Holiday(day, name, source, observed, hours, estimated)
    block.end()
    return tuple(found.values())


def read_calendars(
    blocks: Mapping[str, Block], holidays: Mapping[str, tuple[Holiday, ...]], *, zone: str
) -> dict[str, Calendar]:
    """Read all calendars; ``zone`` is that of calendars that name none. The one that is always open is built in."""
    found = {ALWAYS_OPEN.key: ALWAYS_OPEN}
    for key, block in blocks.items():
        block.check_name(key)
        if key == ALWAYS_OPEN.key:
            block.fault("(the file's name)", f"{key!r} is built in; choose another")
        found[key] = _calendar(key, block, holidays, zone)
    return found


def _calendar(key: str, block: Block, holidays: Mapping[str, tuple[Holiday, ...]], zone: str) -> Calendar:
    name, named_zone = block.text("name"), block.zone("zone", zone)
    closed_due = block.text("closed_due", "before", allowed=CLOSED_DUE)
    chosen = block.texts("holidays")
    for unknown in set(chosen) - set(holidays):
        known = ", ".join(sorted(holidays)) or "none"
        block.fault("holidays", f"there is no holidays/{unknown}.toml; one of {known}")
    table = block.table("week")
    week = tuple(_windows(table, day) for day in WEEKDAYS)
    table.end()
    holiday = special_days(day for one in chosen for day in holidays.get(one, ()))
    special = {**holiday, **_special(block)}
    block.end()
    try:
        return Calendar(key, named_zone, week, special, closed_due or "before", name)  # type: ignore[arg-type]
    except ValueError as error:
        block.fault("week", str(error))
        return ALWAYS_OPEN  # stands in, so that promises by this calendar are no faults of their own


def _special(block: Block) -> dict[date, SpecialDay]:
    found: dict[date, SpecialDay] = {}
    for one in block.tables("special"):
        day, hours = one.date("date"), _windows(one, "hours")
        words = (one.text("name", ""), one.text("source", ""))
        one.end()
        if day is None:
            continue
        if day in found:
            one.fault("date", f"{day} is in this calendar already; leave one out")
        found[day] = SpecialDay(day, hours, *words)
    return found


def _windows(block: Block, key: str) -> tuple[Window, ...]:
    found = []
    for text in block.texts(key):
        match = _HOURS.fullmatch(text)
        if match is None:
            block.fault(key, f"{text!r} are no hours; {_WORDS}")
            continue
        hour, minute, to_hour, to_minute = map(int, match.groups())
        opens, closes = hour * 60 + minute, to_hour * 60 + to_minute
        if closes > _DAY or closes == opens:
            block.fault(key, f"{text!r} are no hours; {_WORDS}")
            continue
        found.append(Window(opens, closes if closes > opens else closes + _DAY))
    found.sort()
    if any(later.opens < earlier.closes for earlier, later in pairwise(found)):
        block.fault(key, "has hours that overlap; write each stretch once")
    return tuple(found)
