"""What the forms beside a case offer: promises that can be moved, the law's own steps, who and when of its tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.departments import City
from cases.permissions import Action
from cases.queries import colleagues
from cases.queries.case import CaseView, TimerView
from cases.queries.colleagues import Colleague
from cases.queries.tasks import TaskView
from cases.queries.timeline import EventEntry
from cases.sla import explaining
from cases.sla.policy import PRIORITIES, Unit
from cases.sla.promises import open_questions
from cases.sla.statutes import Statute
from cases.sla.timers import TimerKind, TimerState
from cases.tasks import TaskKind
from contactcentre.web.desk import clocks, local_time
from contactcentre.web.desk.clocks import Chip
from contactcentre.web.formatting import moment, until, words

_RUNS = (TimerState.RUNNING, TimerState.PAUSED)


@dataclass(frozen=True, slots=True)
class Law:
    """The steps that a law knows for this case. What is None or False there is asked for at the legal officer's."""

    name: str
    decision_due: datetime | None
    extended: bool
    extension_days: int | None
    knows_urgent: bool
    knows_review: bool
    review_runs: bool
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as the page lists it, with what its time says."""

    task: TaskView
    chip: Chip | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the forms offer. ``deadlines`` are promises by id and words; ``soonest`` is the next minute, as fields hold
    it.
    """

    priorities: tuple[str, ...]
    services: tuple[tuple[str, str], ...]
    deadlines: tuple[tuple[int, str], ...]
    law: Law | None
    open_tasks: tuple[TaskLine, ...]
    ended_tasks: tuple[TaskLine, ...]
    kinds: tuple[str, ...]
    departments: tuple[tuple[str, str], ...]
    doers: tuple[Colleague, ...]
    units: tuple[tuple[str, str], ...]
    calendars: tuple[str, ...]
    soonest: str


def offer(view: CaseView, *, city: City, now: datetime, zone: ZoneInfo) -> Offer:
    """Gather what the forms beside a case offer; the page has read everybody beside it."""
    department = city.departments.get(view.row.department or "")
    tasks = [TaskLine(one, _chip(one, now, zone)) for one in view.tasks]
    names = sorted(city.departments.values(), key=lambda one: one.name)
    return Offer(
        priorities=PRIORITIES,
        services=tuple((one.key, one.name) for one in department.services) if department else (),
        deadlines=tuple(_deadlines(view.timers, zone)),
        law=_law(view, city),
        open_tasks=tuple(one for one in tasks if one.task.open),
        ended_tasks=tuple(one for one in tasks if not one.task.open),
        kinds=tuple(TaskKind),
        departments=tuple((one.key, one.name) for one in names),
        doers=colleagues.among(view.also["everybody"], department=view.row.department, action=Action.NOTE),
        units=tuple((unit.value, explaining.UNITS[unit][1]) for unit in Unit),
        calendars=tuple(sorted(city.calendars)),
        soonest=local_time.written(now, zone),
    )


def _deadlines(timers: Iterable[TimerView], zone: ZoneInfo) -> Iterable[tuple[int, str]]:
    for one in timers:
        if one.ended_at is None and one.state in _RUNS:
            due = f"due {moment(one.due_at, zone)}" if one.due_at else "stands still"
            yield one.id, f"{clocks.name_of(one)}, {due}"


def _chip(task: TaskView, now: datetime, zone: ZoneInfo) -> Chip | None:
    if not task.open:
        return Chip("met" if task.state == "done" else "calm", words(task.state))
    if task.due_at is None:
        return None
    return Chip(clocks.tone(task.due_at, now), until(task.due_at, now, zone))


def _law(view: CaseView, city: City) -> Law | None:
    statute = next((one for one in city.statutes if one.family == view.row.family), None)
    if statute is None:
        return None
    runs = {one.kind: one for one in view.timers if one.ended_at is None and one.state in _RUNS}
    decision = runs.get(TimerKind.DECISION)
    return Law(
        name=statute.name,
        decision_due=decision.due_at if decision else None,
        extended=any(isinstance(one, EventEntry) and one.kind == "decision_extended" for one in view.timeline),
        extension_days=statute.extension_days,
        knows_urgent=statute.urgent is not None,
        knows_review=statute.internal_review is not None,
        review_runs=any(one.kind == TimerKind.INTERNAL_REVIEW for one in view.timers),
        questions=tuple(_unknown(statute)),
    )


def _unknown(statute: Statute) -> Iterable[str]:
    """Yield what the law's readers did not say."""
    return (question for question, days in open_questions(statute).items() if days is None)
