"""Tasks that are still to be done, and how they end: each by itself, or all with their case; and their promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases.models import Case, Task
from cases.models.event import Happened
from cases.sla.timers import TimerKind, TimerState, breach_if_late, live, meet, rested, show_nearest, stop


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


#: the kind of a task that a call with the citizen settles
CALL_BACK = "call_back"
LONGEST_RESULT = 2_000
_OPEN = select(Task).where(Task.case_id == bindparam("case_id"), Task.state == TaskState.OPEN).order_by(Task.id)


def of(session: Session, case: Case) -> Sequence[Task]:
    """Return the tasks of a case that are still to be done, oldest first."""
    session.flush()
    return session.scalars(_OPEN, {"case_id": case.id}).all()


def finish(session: Session, case: Case, task: Task, *, result: str, at: datetime, actor: str) -> list[Happened]:
    """Let an open task be done, which keeps its promise. Returns what the caller records."""
    _end(task, TaskState.DONE, result=result, at=at, actor=actor)
    done = Happened("task_done", actor, values(task), {"title": task.title, "result": result})
    return [done, *meet(session, case, (TimerKind.TASK,), at=at, actor=actor, task_id=task.id)]


def cancel(
    session: Session, case: Case, task: Task, *, reason: str, at: datetime, actor: str, why: str = "cancelled"
) -> list[Happened]:
    """Let an open task not be done; its promise ends without being kept. ``why`` is the plain word for it."""
    _end(task, TaskState.CANCELLED, result=reason, at=at, actor=actor)
    said = {"title": task.title, "reason": reason}
    cancelled = Happened("task_cancelled", actor, {**values(task), "why": why}, said)
    ended: list[Happened] = []
    for timer in live(session, case):
        if timer.kind == TimerKind.TASK and timer.task_id == task.id:
            ended += breach_if_late(timer, at=at)
            timer.state = TimerState.ENDED
            stop(session, timer, at=at)
            ended.append(rested(timer, actor, why=why))
    show_nearest(session, case)
    return [cancelled, *ended]


def cancel_all(session: Session, case: Case, *, at: datetime, actor: str, why: str) -> list[Happened]:
    """Cancel every open task of a case that is ending; ``why`` is the reason of all of them."""
    happened = []
    for task in of(session, case):
        happened += cancel(session, case, task, reason=why, at=at, actor=actor, why=why)
    return happened


def finish_calls(session: Session, case: Case, *, result: str, at: datetime, actor: str) -> list[Happened]:
    """Let every open task to call the citizen back be done, now that somebody spoke with them."""
    happened: list[Happened] = []
    for task in of(session, case):
        if task.kind == CALL_BACK:
            happened += finish(session, case, task, result=result[:LONGEST_RESULT], at=at, actor=actor)
    return happened


def take_up(task: Task) -> None:
    """Let a task be open again that was cancelled with a case whose end was taken back; its promise is not touched."""
    task.state, task.result, task.ended_at, task.ended_by = TaskState.OPEN, None, None, None


def values(task: Task) -> dict[str, object]:
    """Return what the history says of a task in its part that is never erased."""
    return {"task": task.id, "task_kind": task.kind}


def _end(task: Task, to: TaskState, *, result: str, at: datetime, actor: str) -> None:
    task.state, task.result, task.ended_at, task.ended_by = to, result, at, actor
