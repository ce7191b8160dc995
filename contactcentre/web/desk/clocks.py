"""Promises as chips: icon, word and figure, so that no state rests on colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.lifecycle import ENDED, Status
from cases.queries.case import TimerView
from cases.queries.queue import CaseRow
from contactcentre.web.formatting import length, moment, until, words

SOON = timedelta(hours=1)
NAMES = {
    "first_response": "First reply",
    "next_response": "Next reply",
    "resolution": "Fix",
    "department_leg": "Department's part",
}
ICONS = {"late": "late", "soon": "clock", "met": "tick", "paused": "pause", "calm": "clock"}
RESTING = {"ended": "Ended without", "missed": "Never kept", "waived": "Not owed any more"}
WAITS = {
    Status.WAITING_ON_CITIZEN: "Waits on citizen",
    Status.WAITING_ON_THIRD_PARTY: "Waits on third party",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One state. ``tone`` is late, soon, met, paused or calm; ``why`` is the arithmetic, in words."""

    tone: str
    text: str
    name: str = ""
    why: str = ""

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
    return Chip(_tone(row.due_at, now), until(row.due_at, now, zone), NAMES.get(row.due_kind or "", "Due"))


def of_timer(timer: TimerView, *, now: datetime, zone: ZoneInfo) -> Chip:
    """Return one promise of a case, with its arithmetic."""
    name = NAMES.get(timer.kind, words(timer.kind))
    why = _why(timer, zone)
    if timer.met_at is not None:
        if timer.breached_at is not None:
            return Chip("late", f"{length(timer.met_at - timer.breached_at)} late", name, why)
        return Chip("met", f"Met, {length(timer.met_at - timer.started_at)}", name, why)
    if timer.state in RESTING:
        return Chip("late" if timer.state == "missed" else "calm", RESTING[timer.state], name, why)
    if timer.due_at is None:
        return Chip("paused", "Paused", name, why)
    left = until(timer.due_at, now, zone)
    near = now <= timer.due_at and left.endswith(("min", *"0123456789")) and ":" not in left
    return Chip(_tone(timer.due_at, now), f"{left} left" if near else left, name, why)


def _tone(due_at: datetime, now: datetime) -> str:
    return "late" if due_at < now else "soon" if due_at - now <= SOON else "calm"


def _why(timer: TimerView, zone: ZoneInfo) -> str:
    policy = timer.policy
    unit = {"elapsed": "hours"}.get(str(policy.get("unit")), words(str(policy.get("unit", ""))).lower())
    target = f"Promised within {policy.get('amount')} {unit}" if "amount" in policy else "Promised"
    named = f" by the policy “{policy['policy']}”, calendar “{policy.get('calendar')}”" if "policy" in policy else ""
    due = f"due {moment(timer.due_at, zone)}" if timer.due_at else "standing still"
    ends = f"Started {moment(timer.started_at, zone)}, {due}."
    met = f" Met {moment(timer.met_at, zone)}." if timer.met_at else ""
    missed = f" Missed {moment(timer.breached_at, zone)}." if timer.breached_at else ""
    return f"{target}{named}. {ends}{met}{missed}"
