"""The heartbeat of an open desk: who has this case open, and who looks at the rows that are shown."""

from __future__ import annotations

from flask import Response, jsonify, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock, references, viewing
from cases.errors import Invalid
from cases.models import Case
from cases.permissions import Action, Viewer
from cases.queries.scope import visible
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.permissions import requires

MOST_ROWS = 100


@blueprint.post("/viewing")
@requires(Action.READ)
def beat() -> Response:
    """Take a heartbeat and answer who looks at what. A heartbeat that comes twice is one, so this needs no key."""
    form = request.form
    reference, gone = form.get("case", ""), form.get("gone") == "yes"
    rows = [one for one in map(references.parse, form.getlist("row")) if one]
    if len(rows) > MOST_ROWS:
        raise Invalid(f"At most {MOST_ROWS} rows are asked for at once.", field="row")

    def work(uow: UnitOfWork) -> dict[str, list[dict[str, object]]]:
        if reference and gone:
            viewing.leave(uow.session, viewer(), reference=reference)
        elif reference:
            viewing.beat(uow.session, viewer(), reference=reference, writing=form.get("writing") == "yes")
        own = references.parse(reference) or ""
        return _looking(uow.session, viewer(), [*rows, own])

    return jsonify(container().db.run(work))


def _looking(session: Session, who: Viewer, wanted: list[str]) -> dict[str, list[dict[str, object]]]:
    query = select(Case.id, Case.reference).where(visible(who), Case.reference.in_(wanted))
    known = {one.id: one.reference for one in session.execute(query)}
    found = viewing.of_part(session.execute(viewing.part(who, known, now=clock.now(session))).all())
    told: dict[str, list[dict[str, object]]] = {}
    for one in found:
        told.setdefault(known[one.case_id], []).append({"name": one.name, "writing": one.writing})
    return told
