"""What moves a case's promises over the API: its priority, and deadlines set by hand."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel

from cases import overrides, priorities
from cases.permissions import Action, Viewer
from contactcentre.api import answering, calls, schemas
from contactcentre.api.calls import changes, container
from contactcentre.api.problems import answers
from contactcentre.api.task_schemas import DeadlineIn, PriorityIn
from contactcentre.db import UnitOfWork
from contactcentre.web.permissions import requires

blueprint = calls.blueprint("promises", "What moves the promises of a case.")


@blueprint.post("/cases/<reference>/priority", responses={200: schemas.CaseDetailOut, **answers(404)})
@requires(Action.TRANSITION)
def set_priority(header: schemas.KeyHeader, path: schemas.ReferencePath, body: PriorityIn) -> Response:
    """Change how urgent a case is; its promises follow, and what was used of them stays used."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        city = container().city
        priorities.set_priority(uow.session, viewer, city=city, reference=path.reference, priority=body.priority)
        return answering.whole_case(uow, viewer, path.reference)

    return changes(work)


@blueprint.post("/cases/<reference>/deadline", responses={200: schemas.CaseDetailOut, **answers(404)})
@requires(Action.OVERRIDE)
def set_deadline(header: schemas.KeyHeader, path: schemas.ReferencePath, body: DeadlineIn) -> Response:
    """Give a running promise another deadline, which nothing but a person moves any more."""
    chosen = {"timer_id": body.timer, "due": body.due, "reason": body.reason}

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        overrides.set_deadline(uow.session, viewer, city=container().city, reference=path.reference, **chosen)  # type: ignore[arg-type]
        return answering.whole_case(uow, viewer, path.reference)

    return changes(work)
