"""Tasks: dated pieces of work inside a case, for a person or a department, each with a promise of its own if it needs
one. Whoever does them needs no more than to write notes; to open, give away and cancel them is to assign.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from cases import access, clock, open_tasks
from cases.assignment import viewer_of
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.lifecycle import ENDED
from cases.models import Case, Task
from cases.models.event import Happened, record
from cases.open_tasks import CALL_BACK, LONGEST_RESULT, TaskState
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.sla.timers import begin
from cases.task_promises import Promised, made_to

LONGEST_TITLE = 120


class TaskKind(StrEnum):
    """What sort of work it is."""

    CALL_BACK = CALL_BACK
    FIELD_JOB = "field_job"
    PERMIT_STAGE = "permit_stage"
    INFORMATION_STEP = "information_step"
    OTHER = "other"


def open(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    reference: str,
    title: str,
    kind: TaskKind = TaskKind.OTHER,
    department: str | None = None,
    assignee_id: int | None = None,
    due: datetime | None = None,
    promised: Promised | None = None,
) -> Task:
    """Open a task; without a department it is the case's own. Give it an instant or a promise, or neither."""
    words = _words(title, LONGEST_TITLE, "title", "Say in a few words what is to be done")
    case = access.for_change(session, viewer, Action.ASSIGN, reference=reference)
    at = clock.now(session)
    if case.status in ENDED:
        raise Invalid("This case has ended and takes no more tasks; open it again first.", field="reference")
    if department is not None and department not in city.departments:
        raise Invalid(f"There is no department {department!r}.", field="department")
    _check_due(due, promised, at=at)
    _check_assignee(session, case, assignee_id)
    where = department or case.department
    made = made_to(case, where, promised, city=city, at=at) if promised else None
    until = made.due_at if made else due
    task = Task(case_id=case.id, kind=kind, title=words, department=where, assignee_id=assignee_id, due_at=due)
    task.state, task.created_at, task.created_by = TaskState.OPEN, at, viewer.actor
    session.add(task)
    session.flush()
    told = {"department": where, "agent": assignee_id, "due_at": until.isoformat() if until else None}
    happened = [Happened("task_opened", viewer.actor, {**open_tasks.values(task), **told}, {"title": words})]
    if made is not None:
        begin(session, case, made, task_id=task.id)
        happened.append(replace(made.happened, values={**made.happened.values, "task": task.id}))
    record(session, case, happened, at=at)
    return task


def take(session: Session, viewer: Viewer, *, reference: str, task_id: int) -> Task:
    """Give a task to the viewer, who must be an agent; also away from a colleague."""
    if viewer.kind is not ViewerKind.AGENT:
        raise NotAllowed("Only an agent can take a task.")
    case, task = _open(session, viewer, Action.NOTE, reference, task_id)
    return _given(session, viewer, case, task, viewer.id)


def assign(session: Session, viewer: Viewer, *, reference: str, task_id: int, agent_id: int | None) -> Task:
    """Give a task to an agent who may work on its case, or back to its department."""
    case, task = _open(session, viewer, Action.ASSIGN, reference, task_id)
    _check_assignee(session, case, agent_id)
    return _given(session, viewer, case, task, agent_id)


def finish(session: Session, viewer: Viewer, *, reference: str, task_id: int, result: str) -> Task:
    """Say that a task is done, and what came of it; its promise is kept."""
    words = _words(result, LONGEST_RESULT, "result", "Say what came of it")
    case, task = _open(session, viewer, Action.NOTE, reference, task_id)
    at = clock.now(session)
    record(session, case, open_tasks.finish(session, case, task, result=words, at=at, actor=viewer.actor), at=at)
    return task


def cancel(session: Session, viewer: Viewer, *, reference: str, task_id: int, reason: str) -> Task:
    """Say that a task will not be done, and why; its promise ends."""
    words = _words(reason, LONGEST_RESULT, "reason", "Say why it is not done")
    case, task = _open(session, viewer, Action.ASSIGN, reference, task_id)
    at = clock.now(session)
    record(session, case, open_tasks.cancel(session, case, task, reason=words, at=at, actor=viewer.actor), at=at)
    return task


def _check_due(due: datetime | None, promised: Promised | None, *, at: datetime) -> None:
    if due is not None and promised is not None:
        raise Invalid("Give the task an instant or a promise, not both.", field="due")
    if due is not None and due <= at:
        raise Invalid("This instant has passed already; choose one that lies ahead.", field="due")


def _check_assignee(session: Session, case: Case, agent_id: int | None) -> None:
    if agent_id is not None and not may(viewer_of(session, agent_id), Action.NOTE, case):
        raise Invalid("This agent may not work on this case.", field="agent")


def _open(session: Session, viewer: Viewer, action: Action, reference: str, task_id: int) -> tuple[Case, Task]:
    """Return the locked case and its open task."""
    case = access.for_change(session, viewer, action, reference=reference)
    task = session.get(Task, task_id, populate_existing=True) if task_id < 2**63 else None
    if task is None or task.case_id != case.id:
        raise NotFound("There is no such task in this case.", field="task")
    if task.state != TaskState.OPEN:
        raise Invalid(f"This task is {task.state} already.", field="task")
    return case, task


def _given(session: Session, viewer: Viewer, case: Case, task: Task, agent_id: int | None) -> Task:
    if task.assignee_id == agent_id:
        return task
    task.assignee_id = agent_id
    told = {**open_tasks.values(task), "agent": agent_id}
    happened = Happened("task_assigned", viewer.actor, told, {"title": task.title})
    record(session, case, [happened], at=clock.now(session))
    return task


def _words(text: str, longest: int, field: str, ask: str) -> str:
    words = " ".join(text.replace("\x00", "").split())
    if not 1 <= len(words) <= longest:
        raise Invalid(f"{ask}, in at most {longest} characters.", field=field)
    return words
