"""The clinic's page: whether every live promise follows from its case's history, and where one drifts."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from cases import clock
from cases.models import Case
from cases.permissions import Action
from cases.queries import scope
from cases.sla import examining
from cases.sla.examining import Found
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("clinic", __name__, url_prefix="/admin/clinic")


@blueprint.get("")
@requires(Action.AUDIT)
def page() -> str:
    """Show the last examination and what it found; a case's reference only to those who may read the case."""
    with container().db.reader() as session:
        found = examining.last(session)
        references = _references(session, found)
    return render_template("admin/clinic.html", found=found, references=references, form_key=new_key())


@blueprint.post("")
@requires(Action.AUDIT)
def examine() -> Response:
    """Have all live promises looked at, beginning within seconds."""
    who = viewer()

    def work(uow: UnitOfWork) -> str:
        examining.begin(uow.session, asked_by=who.actor, at=clock.now(uow.session))
        return url_for("clinic.page")

    return change(work)


def _references(session: Session, found: Found | None) -> dict[int, str]:
    cases = {one.case_id for one in found.drifts if one.case_id is not None} if found else set()
    query = select(Case.id, Case.reference).where(Case.id.in_(cases), scope.visible(viewer()))
    return {row.id: row.reference for row in session.execute(query)}
