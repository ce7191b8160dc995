"""The table of public holidays: what a change would close, open and move, and the version that makes it so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.sla import recalculating
from cases.sla.calendar import Calendar
from cases.sla.holidays import Holiday
from cases.sla.recalculating import Touched
from config import holidays_file, loader
from config.loader import Raw
from contactcentre import configurations
from contactcentre.configurations import Version
from contactcentre.holiday_notice import Proposal

LONGEST_REASON = 500


class Differs(StrEnum):
    """How a proposal stands to what is kept: not there yet, there already, or there otherwise."""

    NEW = "new"
    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of the table: the holiday kept for ``was`` becomes ``now``; None is added, or taken out."""

    was: date | None
    now: Holiday | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A proposal beside what is kept, and the edit that would take it over."""

    proposal: Proposal
    state: Differs
    before: Holiday | None
    edit: Edit


@dataclass(frozen=True, slots=True)
class DayChange:
    """A date on which a calendar is open otherwise than before; ``half`` is a day with hours of its own."""

    day: date
    calendar: str
    closes: bool
    half: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of one file of holidays, looked at before it is made from the version ``parent``."""

    key: str
    parent: int
    raw: Raw
    before: tuple[Holiday, ...]
    after: tuple[Holiday, ...]
    days: tuple[DayChange, ...]
    touched: Touched


def current(session: Session) -> tuple[Version, City]:
    """Return the active version and its city, as they are this instant: a process may follow a little behind."""
    found = configurations.active(session)
    if found is None:
        raise configurations.NoConfiguration(configurations.NONE_YET)
    return found, loader.draft(found.raw)


def chosen(city: City, key: str | None) -> str:
    """Return which file of holidays is meant: the named one, or the only one."""
    known = ", ".join(sorted(city.holidays)) or "none; write one in the folder holidays first"
    if key and key in city.holidays:
        return key
    if key:
        raise NotFound(f"There are no holidays {key!r}; there is: {known}.")
    if len(city.holidays) != 1:
        raise Invalid(f"Say which holidays are meant: {known}.", field="holidays")
    return next(iter(city.holidays))


def compare(kept: Sequence[Holiday], proposals: Iterable[Proposal]) -> list[Compared]:
    """Set proposals beside what is kept. One that names an estimated holiday of its year is that holiday."""
    every = list(proposals)
    by_day = {one.day: one for one in kept}
    named = {one.holiday.day for one in every}
    guesses = {(_plain(one.name), one.day.year): one for one in kept if one.estimated and one.day not in named}
    return [_compared(one, by_day, guesses) for one in every]


def plan(session: Session, key: str, edits: Iterable[Edit], *, at: datetime) -> Plan:
    """Return what edits of the active configuration's holidays would do; ``Invalid`` where they cannot be made."""
    active, before = current(session)
    path = f"holidays/{chosen(before, key)}.toml"
    kept = before.holidays[key]
    after = edited(kept, edits)
    if after == tuple(sorted(kept, key=lambda one: one.day)):
        raise Invalid("Nothing would change: the days are kept like this already.")
    text = holidays_file.write(after, heading=holidays_file.heading(active.raw[path]))
    raw = {**active.raw, path: text}
    made = loader.draft(raw)
    touched = recalculating.count(session, before.calendars, made.calendars, at=at)
    return Plan(key, active.number, raw, kept, after, _days(before, made, kept, after), touched)


def save(session: Session, plan: Plan, *, parent: int, author: str, reason: str) -> int:
    """Make a plan the active configuration, and return the number of that version.

    Raises ``Stale`` if the version that was shown, ``parent``, is not the active one any more.
    """
    said = " ".join(reason.split())
    if not said or len(said) > LONGEST_REASON:
        raise Invalid(f"Say why, in at most {LONGEST_REASON} characters; each moved case says it.", field="reason")
    return configurations.add(session, plan.raw, parent=parent, author=author, reason=said)


def edited(kept: Iterable[Holiday], edits: Iterable[Edit]) -> tuple[Holiday, ...]:
    """Return the table after some edits, by date."""
    table = {one.day: one for one in kept}
    every = list(edits)
    for edit in every:
        if edit.was is not None and table.pop(edit.was, None) is None:
            raise Invalid(f"No holiday is kept for {edit.was}; load the page again.", field="date")
    for now in (edit.now for edit in every if edit.now is not None):
        if now.day in table:
            raise Invalid(f"{now.day} is kept already, as {table[now.day].name!r}; change that one.", field="date")
        table[now.day] = now
    return tuple(table[day] for day in sorted(table))


def _compared(one: Proposal, by_day: Mapping[date, Holiday], guesses: Mapping[tuple[str, int], Holiday]) -> Compared:
    said = one.holiday
    before = by_day.get(said.day) or guesses.get((_plain(said.name), said.day.year))
    if before is None:
        return Compared(one, Differs.NEW, None, Edit(None, said))
    same = (before.day, before.observed, before.estimated) == (said.day, said.observed, said.estimated)
    return Compared(one, Differs.SAME if same else Differs.OTHER, before, Edit(before.day, said))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _days(before: City, after: City, old: Sequence[Holiday], new: Sequence[Holiday]) -> tuple[DayChange, ...]:
    """Return the dates on which a calendar's hours change, ascending."""
    dates = sorted({one.kept for one in {*old} ^ {*new}})
    keys = sorted(recalculating.changed(before.calendars, after.calendars))
    pairs = [(before.calendars.get(key), after.calendars[key]) for key in keys]
    return tuple(
        DayChange(day, then.name or then.key, _shorter(now, then, day), bool(then.windows(day)) and _special(then, day))
        for day in dates
        for now, then in pairs
        if now is not None and now.windows(day) != then.windows(day)
    )


def _shorter(now: Calendar, then: Calendar, day: date) -> bool:
    open_for = [sum(closes - opens for opens, closes in one.windows(day)) for one in (now, then)]
    return open_for[1] < open_for[0]


def _special(calendar: Calendar, day: date) -> bool:
    return day in calendar.special
