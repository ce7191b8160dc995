"""What a changing call answers with, read back in its own transaction: the case, one event, one task."""

from __future__ import annotations

from cases.permissions import Viewer
from cases.queries import case as case_query
from contactcentre.api import schemas, views
from contactcentre.api.calls import container
from contactcentre.db import UnitOfWork


def whole_case(uow: UnitOfWork, viewer: Viewer, reference: str) -> schemas.CaseDetailOut:
    """Return a case as it is now."""
    uow.session.flush()
    return views.case_detail(case_query.load(uow.session, viewer, reference, city=container().city))


def event(uow: UnitOfWork, viewer: Viewer, reference: str, event_id: int) -> schemas.EventOut:
    """Return one line of a case's history."""
    return next(one for one in whole_case(uow, viewer, reference).history if one.id == event_id)


def task(uow: UnitOfWork, viewer: Viewer, reference: str, task_id: int) -> schemas.TaskOut:
    """Return one task of a case."""
    return next(one for one in whole_case(uow, viewer, reference).tasks if one.id == task_id)
