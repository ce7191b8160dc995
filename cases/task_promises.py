"""What is promised of a task: so much time, chosen when it is opened, with the ladder of its case's policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.departments import City
from cases.errors import Invalid
from cases.models import Case
from cases.sla.calendar import EmptyCalendar
from cases.sla.policy import Policy, Target, Unit, choose
from cases.sla.promises import policy_of
from cases.sla.terms import Terms
from cases.sla.timers import Promise, TimerKind, promise

#: about a year of each unit: what takes longer is no task
MOST = {Unit.MINUTES: 120_000, Unit.WORKING_DAYS: 260, Unit.ELAPSED: 8_760, Unit.CALENDAR_DAYS: 365}


@dataclass(frozen=True, slots=True)
class Promised:
    """Within how much time of which unit a task shall be done; without a calendar its department's counts."""

    amount: int
    unit: Unit
    calendar: str | None = None


def calendar_of(case: Case, department: str | None, *, city: City) -> str | None:
    """Return the calendar that a department's tasks in a case count by, as its policy says; None where none does."""
    policy = _policy(case, department, city=city)
    return policy.calendar if policy else None


def made_to(case: Case, department: str | None, promised: Promised, *, city: City, at: datetime) -> Promise:
    """Return the promise with the ladder of the case's policy; it never stands still."""
    most = MOST[promised.unit]
    if not 1 <= promised.amount <= most:
        raise Invalid(f"Promise between 1 and {most} {promised.unit.value.replace('_', ' ')}.", field="amount")
    calendar = promised.calendar or calendar_of(case, department, city=city)
    if calendar is None or calendar not in city.calendars:
        known = ", ".join(sorted(city.calendars))
        raise Invalid(f"Choose the calendar that the time counts by: one of {known}.", field="calendar")
    own = policy_of(city, case)
    target, steps = Target(promised.amount, promised.unit), own.steps if own else ()
    terms = Terms(own.key if own else "task", city.version, target, calendar, (), steps)
    try:
        return promise(terms, TimerKind.TASK, calendars=city.calendars, started=at)
    except (EmptyCalendar, OverflowError) as error:
        raise Invalid("This calendar has no such time; choose another.", field="calendar") from error


def _policy(case: Case, department: str | None, *, city: City) -> Policy | None:
    if department == case.department:
        return policy_of(city, case)
    return choose(city.policies, department=department, service=None, priority=case.priority)
