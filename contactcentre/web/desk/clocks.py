"""Promises as chips: icon, word and figure, so that no state rests on colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.lifecycle import ENDED, Status
from cases.queries.case import TimerView
from cases.queries.queue import CaseRow
from cases.sla import explaining, reckoning
from cases.sla.calendar import Calendar
from cases.sla.policy import Unit
from cases.sla.timers import Calendars
from contactcentre.web.formatting import length, moment, until, words

SOON = timedelta(hours=1)
#: up to here a row tells working time
COUNTED = timedelta(days=7)
NAMES = {
    "first_response": "First reply",
    "next_response": "Next reply",
    "resolution": "Fix",
    "department_leg": "Department's part",
    "decision": "Decision by law",
    "internal_review": "Internal review",
    "task": "Task",
}
ICONS = {"late": "late", "soon": "clock", "met": "tick", "paused": "pause", "calm": "clock"}
RESTING = {"ended": "Ended without", "missed": "Never kept", "waived": "Not owed any more"}
WAITS = {
    Status.WAITING_ON_CITIZEN: "Waits on citizen",
    Status.WAITING_ON_THIRD_PARTY: "Waits on third party",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One state. ``tone`` is late, soon, met, paused or calm; ``why`` is the arithmetic, line by line; ``due_at`` is
    the deadline that still runs.
    """

    tone: str
    text: str
    name: str = ""
    why: tuple[str, ...] = ()
    due_at: datetime | None = None

    @property
    def icon(self) -> str:
        """The icon that says the same as the tone."""
        return ICONS[self.tone]


def of_row(row: CaseRow, *, now: datetime, zone: ZoneInfo) -> Chip:
    """Return what a queue row shows of time."""
    if row.status in ENDED:
        return Chip("met", words(row.status))
    if row.due_at is None:
        return Chip("paused", "Paused") if Status(row.status) in WAITS else Chip("calm", "No clock")
    return Chip(tone(row.due_at, now), until(row.due_at, now, zone), NAMES.get(row.due_kind or "", "Due"))


def row_words(row: CaseRow, calendar: Calendar, *, now: datetime, zone: ZoneInfo) -> str:
    """Return what a row's chip says, as a sentence: what is due, and in or since how much time that counts."""
    if row.status in ENDED or row.due_at is None:
        return of_row(row, now=now, zone=zone).text
    name, span = NAMES.get(row.due_kind or "", "Due"), abs(row.due_at - now)
    if span > COUNTED:  # nobody counts the working hours of so many days, least of all for each row of a page
        words = f"{span.days} days"
    else:
        first, last = sorted((row.due_at, now))
        worked = reckoning.elapsed(calendar, Unit.MINUTES, started=first, until=last)
        words = f"{length(worked)} of working time" if worked != span else length(span)
    return f"{name} {'overdue by' if row.due_at < now else 'due in'} {words}"


def of_timer(timer: TimerView, *, calendars: Calendars, now: datetime, zone: ZoneInfo) -> Chip:
    """Return one promise of a case, with its arithmetic and what is left of it in the time that counts."""
    name, calendar = name_of(timer), calendars.get(str(timer.policy.get("calendar")))
    left = explaining.left(timer.running, calendar, now=now) if timer.ended_at is None else ""
    ends = (("Met", timer.met_at), ("Missed", timer.breached_at))
    told = tuple(f"{word} {moment(at, zone)}." for word, at in ends if at is not None)
    why = (
        *((f"{left[0].upper()}{left[1:]}.",) if left else ()),
        *explaining.lines(timer.running, calendar, now=now),
        *told,
    )
    if timer.met_at is not None:
        if timer.breached_at is not None:
            return Chip("late", f"{length(timer.met_at - timer.breached_at)} late", name, why)
        return Chip("met", f"Met, {length(timer.met_at - timer.started_at)}", name, why)
    if timer.state in RESTING:
        return Chip("late" if timer.state == "missed" else "calm", RESTING[timer.state], name, why)
    if timer.due_at is None:
        return Chip("paused", "Paused", name, why)
    return Chip(tone(timer.due_at, now), left or until(timer.due_at, now, zone), name, why, timer.due_at)


def name_of(timer: TimerView) -> str:
    """Return what a promise is called; a task's bears the task's title."""
    name = NAMES.get(timer.kind, words(timer.kind))
    return f"{name}: {timer.task}" if timer.task else name


def tone(due_at: datetime, now: datetime) -> str:
    """Return the tone of a deadline."""
    return "late" if due_at < now else "soon" if due_at - now <= SOON else "calm"
