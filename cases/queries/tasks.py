"""The tasks of a case, with the deadlines of their promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cases.models import Agent, Task, Timer
from cases.open_tasks import TaskState
from cases.together import Number


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task. ``due_at`` is its promise's where it has one (``promised``); ``late`` tells whether that has passed.

    ``created_by`` and ``ended_by`` are actors as the history has them.
    """

    id: int
    kind: str
    title: str
    department: str | None
    assignee_id: int | None
    assignee_name: str | None
    state: str
    promised: bool
    due_at: datetime | None
    late: bool
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    ended_by: str | None
    result: str | None

    @property
    def open(self) -> bool:
        """Tell whether it is still to be done."""
        return self.state == TaskState.OPEN


def of_case(session: Session, case_id: int, timers: Sequence[Timer], *, now: datetime) -> tuple[TaskView, ...]:
    """Return the tasks of a case, oldest first; ``timers`` are all timers of the case."""
    return of_part(session.execute(part(case_id)).all(), timers, now=now)


def part(case_id: Number) -> Select[*tuple[Any, ...]]:
    """Return the read of a case's tasks, for :func:`of_part`."""
    columns = (getattr(Task, name).label(name) for name in (*_OF_TASK, "due_at"))
    query = select(*columns, Agent.name.label("assignee_name")).outerjoin(Agent, Agent.id == Task.assignee_id)
    return query.where(Task.case_id == case_id).order_by(Task.id)


def of_part(rows: Sequence[Any], timers: Sequence[Timer], *, now: datetime) -> tuple[TaskView, ...]:
    """Return the tasks that :func:`part` read; ``timers`` are all timers of the case."""
    promised = {timer.task_id or 0: timer for timer in timers}
    return tuple(_view(row, promised, now) for row in rows)


def _view(task: Any, promised: Mapping[int, Timer], now: datetime) -> TaskView:
    timer = promised.get(task.id)
    due = timer.due_at if timer else task.due_at
    until = task.ended_at or now
    return TaskView(
        **{column: getattr(task, column) for column in _OF_TASK},
        assignee_name=task.assignee_name,
        promised=timer is not None,
        due_at=due,
        late=due is not None and due < until,
    )


_OF_TASK = (
    *("id", "kind", "title", "department", "assignee_id", "state"),
    *("created_at", "created_by", "ended_at", "ended_by", "result"),
)
