"""Tasks and contacts over the API."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel

from cases import contacts, tasks
from cases.errors import Invalid
from cases.permissions import Action, Viewer
from cases.task_promises import Promised
from contactcentre.api import answering, calls, schemas
from contactcentre.api.calls import changes, container
from contactcentre.api.problems import answers
from contactcentre.api.task_schemas import CancelIn, ContactIn, DoneIn, TaskIn, TaskPath
from contactcentre.db import UnitOfWork
from contactcentre.web.permissions import requires

blueprint = calls.blueprint("tasks", "Pieces of work inside a case, and calls and visits that were logged.")
#: what the domain calls otherwise
_FIELDS = {"agent": "assignee", "amount": "promise.amount", "calendar": "promise.calendar"}


@blueprint.post("/cases/<reference>/tasks", responses={201: schemas.TaskOut, **answers(404)})
@requires(Action.ASSIGN)
def open_task(header: schemas.KeyHeader, path: schemas.ReferencePath, body: TaskIn) -> Response:
    """Open a task in a case, with a promise of its own if it needs one."""
    asked = body.promise
    promised = Promised(asked.amount, asked.unit, asked.calendar) if asked else None

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        try:
            made = tasks.open(
                uow.session,
                viewer,
                city=container().city,
                reference=path.reference,
                title=body.title,
                kind=body.kind,
                department=body.department,
                assignee_id=body.assignee,
                due=body.due,
                promised=promised,
            )
        except Invalid as error:
            error.field = _FIELDS.get(error.field or "", error.field)
            raise
        return answering.task(uow, viewer, path.reference, made.id)

    return changes(work, status=201)


@blueprint.post("/cases/<reference>/tasks/<task>/done", responses={200: schemas.TaskOut, **answers(404)})
@requires(Action.NOTE)
def finish_task(header: schemas.KeyHeader, path: TaskPath, body: DoneIn) -> Response:
    """Say that a task is done; its promise is kept."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        tasks.finish(uow.session, viewer, reference=path.reference, task_id=path.task, result=body.result)
        return answering.task(uow, viewer, path.reference, path.task)

    return changes(work)


@blueprint.post("/cases/<reference>/tasks/<task>/cancel", responses={200: schemas.TaskOut, **answers(404)})
@requires(Action.ASSIGN)
def cancel_task(header: schemas.KeyHeader, path: TaskPath, body: CancelIn) -> Response:
    """Say that a task will not be done; its promise ends."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        tasks.cancel(uow.session, viewer, reference=path.reference, task_id=path.task, reason=body.reason)
        return answering.task(uow, viewer, path.reference, path.task)

    return changes(work)


@blueprint.post("/cases/<reference>/contacts", responses={201: schemas.EventOut, **answers(404)})
@requires(Action.NOTE)
def log_contact(header: schemas.KeyHeader, path: schemas.ReferencePath, body: ContactIn) -> Response:
    """Log a call or a visit; one that reached the citizen counts as an answer."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        said = body.model_dump()
        event_id = contacts.log(uow.session, viewer, city=container().city, reference=path.reference, **said)
        return answering.event(uow, viewer, path.reference, event_id)

    return changes(work, status=201)
