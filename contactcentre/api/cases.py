"""Cases over the API: the queue, one case, and what agents do to it."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from cases import assignment, lifecycle, replies
from cases import reads as log
from cases.errors import Invalid
from cases.permissions import Action, Viewer
from cases.queries import case as case_query
from cases.queries import queue
from cases.queries.queue import QueueFilter
from cases.queries.timeline import MessageEntry
from cases.reads import Kind
from contactcentre.api import calls, opening, schemas, views
from contactcentre.api.answering import event, whole_case
from contactcentre.api.calls import changes, container, reads, reads_and_notes
from contactcentre.api.problems import answers
from contactcentre.db import UnitOfWork
from contactcentre.idempotency import Answer
from contactcentre.jobs import DRAIN
from contactcentre.web.permissions import requires

blueprint = calls.blueprint("cases", "The queue, one case, and what agents do to it.")


@blueprint.get("/cases", responses={200: schemas.CasesOut})
@requires(Action.READ)
def list_cases(query: schemas.CaseQuery) -> Response:
    """List cases: live views by nearest deadline, others by latest change."""
    narrowed = QueueFilter(**query.model_dump(exclude={"cursor", "limit"}))

    def work(session: Session, viewer: Viewer) -> BaseModel:
        page = queue.page(session, viewer, narrowed, cursor=query.cursor, limit=query.limit)
        return schemas.CasesOut(items=[views.case(row) for row in page.items], next=page.next)

    return reads(work)


@blueprint.post(
    "/cases",
    description="201: the case is new. 200: the words joined a case that this citizen has already, as a message would.",
    responses={200: schemas.CaseDetailOut, 201: schemas.CaseDetailOut},
)
@requires(Action.OPEN)
def open_case(header: schemas.KeyHeader, body: schemas.CaseIn) -> Response:
    """Open a case for a citizen, who is told of it as if they had written to the account themselves."""
    city = container().city

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel | Answer:
        entered = opening.enter(uow.session, viewer, body, city=city)
        _nudge(uow, *entered.to_send)
        detail = whole_case(uow, viewer, entered.reference)
        if not entered.opened:
            return detail
        where = f"{blueprint.url_prefix}/cases/{detail.reference}"
        return Answer(201, location=where, body=detail.model_dump_json().encode())

    return changes(work)


@blueprint.get("/cases/<reference>", responses={200: schemas.CaseDetailOut, **answers(404)})
@requires(Action.READ)
def read_case(path: schemas.ReferencePath) -> Response:
    """Read one case: fields, citizen, timers, tasks, history and messages."""
    city = container().city

    def work(session: Session, viewer: Viewer) -> BaseModel:
        view = case_query.load(session, viewer, path.reference, city=city)
        log.note(session, viewer, Kind.CASE, case_id=view.row.id, citizen_id=view.citizen.id)
        return views.case_detail(view)

    return reads_and_notes(work)


@blueprint.post("/cases/<reference>/replies", responses={202: schemas.MessageOut, **answers(404, 409)})
@requires(Action.REPLY)
def reply(header: schemas.KeyHeader, path: schemas.ReferencePath, body: schemas.ReplyIn) -> Response:
    """Answer the citizen. 202: it is queued and leaves at once; its status then follows the gateway's reports."""
    city = container().city

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        message = replies.reply(
            uow.session,
            viewer,
            city=city,
            reference=path.reference,
            text=body.text,
            seen_message_id=body.seen_message,
            wait=body.wait,
            resolve=body.resolve,
            reason=body.reason,
            follow_up=body.follow_up,
            account=body.account,
        )
        if body.channel is not None and body.channel != message.channel:
            raise Invalid(f"This citizen can be answered by {message.channel} only.", field="channel")
        _nudge(uow, message.account)
        return _message(uow, viewer, path.reference, message.id)

    return changes(work, status=202)


@blueprint.post("/cases/<reference>/notes", responses={201: schemas.EventOut, **answers(404)})
@requires(Action.NOTE)
def note(header: schemas.KeyHeader, path: schemas.ReferencePath, body: schemas.NoteIn) -> Response:
    """Write a note that only staff see."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        event_id = replies.note(uow.session, viewer, reference=path.reference, text=body.text)
        return event(uow, viewer, path.reference, event_id)

    return changes(work, status=201)


@blueprint.post("/cases/<reference>/transitions", responses={200: schemas.CaseDetailOut, **answers(404, 409)})
@requires(Action.TRANSITION)
def transition(header: schemas.KeyHeader, path: schemas.ReferencePath, body: schemas.TransitionIn) -> Response:
    """Move a case to another status; resolving needs an outcome."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        try:
            calendars = container().city.calendars
            lifecycle.transition(uow.session, viewer, reference=path.reference, calendars=calendars, **dict(body))
        except Invalid as error:
            error.field = "to" if error.field == "status" else error.field  # as it is called here
            raise
        return whole_case(uow, viewer, path.reference)

    return changes(work)


@blueprint.post("/cases/<reference>/assignment", responses={200: schemas.CaseDetailOut, **answers(404, 409)})
@requires(Action.ASSIGN)
def assign(header: schemas.KeyHeader, path: schemas.ReferencePath, body: schemas.AssignmentIn) -> Response:
    """Give a case to an agent, or to nobody."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        chosen = {"agent_id": body.agent, "version": body.version}
        assignment.assign(uow.session, viewer, city=container().city, reference=path.reference, **chosen)
        return whole_case(uow, viewer, path.reference)

    return changes(work)


@blueprint.post("/cases/<reference>/transfer", responses={200: schemas.CaseOut, **answers(404)})
@requires(Action.TRANSFER)
def transfer(header: schemas.KeyHeader, path: schemas.ReferencePath, body: schemas.TransferIn) -> Response:
    """Hand a case to another department."""
    city = container().city

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        before = whole_case(uow, viewer, path.reference)
        case = assignment.transfer(
            uow.session,
            viewer,
            city=city,
            reference=path.reference,
            department=body.department,
            reason=body.reason,
        )
        # The caller may have no part in the new department; what they had seen is what they get back.
        after = {"department": case.department, "assignee": None, "service": None, "updated_at": case.updated_at}
        return schemas.CaseOut(**{**dict(before), **after})

    return changes(work)


def _nudge(uow: UnitOfWork, *accounts: str) -> None:
    jobs = container().jobs

    def nudge() -> None:
        for account in accounts:
            jobs.nudge(DRAIN, account)

    uow.after_commit(nudge)


def _message(uow: UnitOfWork, viewer: Viewer, reference: str, message_id: int) -> schemas.MessageOut:
    uow.session.flush()
    view = case_query.load(uow.session, viewer, reference, city=container().city)
    entry = next(one for one in view.timeline if isinstance(one, MessageEntry) and one.id == message_id)
    return views.entry(entry)
