"""Citizens who want to be called: a task with a promise in working time, which a logged call keeps."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cases import access, open_tasks, tasks
from cases.departments import City
from cases.errors import Invalid
from cases.models import Task
from cases.permissions import SYSTEM, Action
from cases.sla.policy import Unit
from cases.task_promises import Promised
from cases.tasks import TaskKind

TITLE = "Call the citizen back"


def ask(session: Session, *, city: City, reference: str, department: str | None = None) -> Task:
    """Open the task in a case that has not ended, or return the one that is open there already.

    It is promised within the configuration's working minutes by the calendar of the case's department; where that has
    no such time the task has no deadline, and the citizen's wish is kept all the same. ``department``: another than
    the case's own shall do it.
    """
    case = access.for_change(session, SYSTEM, Action.ASSIGN, reference=reference)
    before = next((one for one in open_tasks.of(session, case) if one.kind == TaskKind.CALL_BACK), None)
    if before is not None:
        return before
    where = department if department in city.departments else None
    promised = Promised(city.limits.call_back_minutes, Unit.MINUTES)
    try:
        return _opened(session, reference, promised, where, city=city)
    except Invalid:
        return _opened(session, reference, None, where, city=city)


def _opened(session: Session, reference: str, promised: Promised | None, where: str | None, *, city: City) -> Task:
    how = {
        "reference": reference,
        "title": TITLE,
        "kind": TaskKind.CALL_BACK,
        "promised": promised,
        "department": where,
    }
    return tasks.open(session, SYSTEM, city=city, **how)  # type: ignore[arg-type]
