"""Who wants to be called: the open tasks to call somebody back, the most pressing first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Agent, Case, Task, Timer
from cases.open_tasks import CALL_BACK, TaskState
from cases.permissions import Viewer
from cases.queries import scope
from cases.sla.timers import LIVE

MOST_CALL_BACKS = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task to call somebody back. ``due_at`` is None where nothing was promised."""

    reference: str
    subject: str
    department: str | None
    title: str
    assignee: str | None
    created_at: datetime
    due_at: datetime | None
    late: bool


def call_backs(session: Session, viewer: Viewer) -> Sequence[Wanted]:
    """Return the open tasks to call somebody back in cases that the viewer may read, the most pressing first."""
    at = clock.now(session)
    due: ColumnElement[Any] = func.coalesce(Timer.due_at, Task.due_at)
    running = and_(Timer.task_id == Task.id, Timer.state.in_(LIVE))
    query = (
        select(
            *(Case.reference, Case.subject, Case.department, Task.title, Agent.name, Task.created_at),
            due,
            func.coalesce(due < at, False),
        )
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Agent, Agent.id == Task.assignee_id)
        .outerjoin(Timer, running)
        .where(Task.kind == CALL_BACK, Task.state == TaskState.OPEN, scope.visible(viewer))
        .order_by(due.asc().nulls_last(), Task.id)
        .limit(MOST_CALL_BACKS)
    )
    return tuple(Wanted(*row) for row in session.execute(query))
