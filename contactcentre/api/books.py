"""Messages, outbox, departments and services over the API."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from cases.permissions import Action, Viewer
from cases.queries import messages as message_query
from cases.queries import outbox as outbox_query
from contactcentre.api import calls, schemas, views
from contactcentre.api.calls import container, reads
from contactcentre.web.permissions import requires

blueprint = calls.blueprint("books", "Messages, what is leaving, and what the city consists of.")


@blueprint.get("/messages", responses={200: schemas.MessagesOut})
@requires(Action.READ)
def find_messages(query: schemas.MessageQuery) -> Response:
    """Find messages by the gateway's own id."""

    def work(session: Session, viewer: Viewer) -> BaseModel:
        accounts = [query.account] if query.account is not None else list(container().city.accounts)
        found = message_query.by_external_id(session, viewer, external_id=query.external_id, accounts=accounts)
        return schemas.MessagesOut(items=[views.message(row) for row in found])

    return reads(work)


@blueprint.get("/outbox", responses={200: schemas.OutboxOut})
@requires(Action.OPERATE)
def list_outbox(query: schemas.OutboxQuery) -> Response:
    """List what is leaving, newest first."""

    def work(session: Session, viewer: Viewer) -> BaseModel:
        page = outbox_query.page(session, viewer, state=query.state, cursor=query.cursor, limit=query.limit)
        names = schemas.OutboxEntryOut.model_fields
        items = [schemas.OutboxEntryOut(**{name: getattr(row, name) for name in names}) for row in page.items]
        return schemas.OutboxOut(items=items, next=page.next)

    return reads(work)


@blueprint.get("/departments", responses={200: schemas.DepartmentsOut})
@requires(Action.READ)
def list_departments() -> Response:
    """List the departments of the active configuration."""
    departments = container().city.departments.values()
    return reads(
        lambda _session, _viewer: schemas.DepartmentsOut(
            items=[schemas.Named(key=one.key, name=one.name) for one in departments]
        )
    )


@blueprint.get("/services", responses={200: schemas.ServicesOut})
@requires(Action.READ)
def list_services() -> Response:
    """List what citizens can ask for."""
    found = [
        schemas.ServiceOut(key=one.key, name=one.name, department=one.department, family=one.family)
        for department in container().city.departments.values()
        for one in department.services
    ]
    return reads(lambda _session, _viewer: schemas.ServicesOut(items=found))
