"""Filing over the API: refile, split, merge, links, and the undo of what was rearranged."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from cases import references
from cases.filing import links, merging, refiling, splitting, undoing
from cases.filing.links import LinkKind
from cases.filing.merging import Seen
from cases.permissions import Action, Viewer
from cases.queries import related
from contactcentre.api import calls, schemas
from contactcentre.api.answering import whole_case
from contactcentre.api.calls import changes, container, reads
from contactcentre.api.filing_schemas import (
    LinkIn,
    LinkOut,
    LinkPath,
    LinksOut,
    MergeIn,
    RefileIn,
    SplitIn,
    UndoPath,
)
from contactcentre.api.problems import answers
from contactcentre.db import UnitOfWork
from contactcentre.idempotency import Answer
from contactcentre.jobs import DRAIN
from contactcentre.web.permissions import requires

blueprint = calls.blueprint("filing", "Messages that belong to another case, and cases that belong together.")


@blueprint.post("/cases/<reference>/merge", responses={200: schemas.CaseDetailOut, **answers(404, 409)})
@requires(Action.TRANSITION)
def merge(header: schemas.KeyHeader, path: schemas.ReferencePath, body: MergeIn) -> Response:
    """Let other cases go into this one; their references lead here from then on."""
    seen = [Seen(one.reference, one.version) for one in body.cases]

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        merging.merge(
            uow.session, viewer, city=container().city, cases=seen, into=path.reference, reason=body.reason
        )  # fmt: skip
        return whole_case(uow, viewer, path.reference)

    return changes(work)


@blueprint.post("/cases/<reference>/refile", responses={200: schemas.CaseDetailOut, **answers(404, 409)})
@requires(Action.TRANSITION)
def refile(header: schemas.KeyHeader, path: schemas.ReferencePath, body: RefileIn) -> Response:
    """Move a message of the citizen to another case of theirs; what it is owed follows it."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        refiling.refile(
            uow.session,
            viewer,
            city=container().city,
            reference=path.reference,
            message_id=body.message,
            to=body.to,
            reason=body.reason,
            version=body.version,
        )
        return whole_case(uow, viewer, path.reference)

    return changes(work)


@blueprint.post("/cases/<reference>/split", responses={201: schemas.CaseDetailOut, **answers(404, 409)})
@requires(Action.TRANSITION)
def split(header: schemas.KeyHeader, path: schemas.ReferencePath, body: SplitIn) -> Response:
    """Make a new case of some messages; it is routed by their words, and its time counts from the first of them."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel | Answer:
        made = splitting.split(
            uow.session,
            viewer,
            city=container().city,
            reference=path.reference,
            message_ids=body.messages,
            reason=body.reason,
            tell=body.tell,
            version=body.version,
        )
        if made.account is not None:
            _nudge(uow, made.account)
        where = f"{blueprint.url_prefix}/cases/{references.written(made.case.reference)}"
        detail = whole_case(uow, viewer, path.reference)
        return Answer(201, location=where, body=detail.model_dump_json().encode())

    return changes(work, status=201)


@blueprint.post(
    "/cases/<reference>/rearrangements/<rearrangement>/undo",
    responses={200: schemas.CaseDetailOut, **answers(404)},
)
@requires(Action.TRANSITION)
def undo_rearrangement(header: schemas.KeyHeader, path: UndoPath) -> Response:
    """Undo a refile, a split or a merge; refused with what to do instead once the citizen was answered since."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        undoing.undo(
            uow.session, viewer, city=container().city, reference=path.reference, rearrangement_id=path.rearrangement
        )
        return whole_case(uow, viewer, path.reference)

    return changes(work)


@blueprint.get("/cases/<reference>/links", responses={200: LinksOut, **answers(404)})
@requires(Action.READ)
def list_links(path: schemas.ReferencePath) -> Response:
    """List what a case is to others that you may read."""
    return reads(lambda session, viewer: _links(session, viewer, path.reference))


@blueprint.post("/cases/<reference>/links", responses={201: LinksOut, **answers(404)})
@requires(Action.TRANSITION)
def link(header: schemas.KeyHeader, path: schemas.ReferencePath, body: LinkIn) -> Response:
    """Say what a case is to another one."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        kind = LinkKind(body.kind)
        links.add(uow.session, viewer, reference=path.reference, other=body.other, kind=kind)
        return _links(uow.session, viewer, path.reference)

    return changes(work, status=201)


@blueprint.post("/cases/<reference>/links/<link>/remove", responses={200: LinksOut, **answers(404)})
@requires(Action.TRANSITION)
def unlink(header: schemas.KeyHeader, path: LinkPath) -> Response:
    """Take a link away."""

    def work(uow: UnitOfWork, viewer: Viewer) -> BaseModel:
        links.remove(uow.session, viewer, reference=path.reference, link_id=path.link)
        return _links(uow.session, viewer, path.reference)

    return changes(work)


def _links(session: Session, viewer: Viewer, reference: str) -> LinksOut:
    session.flush()
    found = related.load(session, viewer, reference).links
    items = [
        LinkOut(id=one.id, kind=one.kind, words=one.words, other=references.written(one.other.reference))
        for one in found
    ]
    return LinksOut(items=items)


def _nudge(uow: UnitOfWork, account: str) -> None:
    jobs = container().jobs

    def nudge() -> None:
        jobs.nudge(DRAIN, account)

    uow.after_commit(nudge)
