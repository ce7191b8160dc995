"""The tasks of a case, with the deadlines of their promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Agent, Task, Timer
from cases.open_tasks import TaskState


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
    promised = {timer.task_id or 0: timer for timer in timers}
    query = select(Task, Agent.name).outerjoin(Agent, Agent.id == Task.assignee_id)
    query = query.where(Task.case_id == case_id).order_by(Task.id)
    return tuple(_view(task, name, promised, now) for task, name in session.execute(query))


def _view(task: Task, name: str | None, promised: Mapping[int, Timer], now: datetime) -> TaskView:
    timer = promised.get(task.id)
    due = timer.due_at if timer else task.due_at
    until = task.ended_at or now
    return TaskView(
        **{column: getattr(task, column) for column in _OF_TASK},
        assignee_name=name,
        promised=timer is not None,
        due_at=due,
        late=due is not None and due < until,
    )


_OF_TASK = (
    *("id", "kind", "title", "department", "assignee_id", "state"),
    *("created_at", "created_by", "ended_at", "ended_by", "result"),
)
