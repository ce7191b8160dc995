"""A citizen's record: what is known, their cases, who else they may be. Asks a reason first outside one's own queue."""

from __future__ import annotations

from flask import make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from cases import reads, reasons
from cases.identity import records
from cases.identity.changes import CONTACT_BY
from cases.identity.records import Door
from cases.permissions import Action
from cases.queries import citizen as query
from cases.reads import Kind
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys


@blueprint.get("/citizens/<int:citizen_id>")
@requires(Action.READ)
def citizen(citizen_id: int) -> AnyResponse:
    """Show a citizen's record, or the form that asks why; as a part of the case's page where that asks for it."""
    return show(citizen_id)


def show(citizen_id: int, draft: Draft | None = None) -> AnyResponse:
    """Render the record with what was written in a form that came back; raises ``NotFound``."""
    city, draft = container().city, draft or Draft("")
    part = bool(request.headers.get("HX-Request")) and request.method == "GET"
    with container().db.recorder() as session:
        shown = None if part else room.load(session, viewer(), city=city)
        asks = records.door(session, viewer(), citizen_id=citizen_id, city=city) is Door.ASKS
        record = None
        if not asks:
            record = query.load(session, viewer(), citizen_id, city=city)
            reads.note(session, viewer(), Kind.CITIZEN, citizen_id=citizen_id)
    page = render_template(
        "desk/citizen_asks.html" if asks else "desk/citizen.html",
        room=shown,
        city=city,
        citizen_id=citizen_id,
        record=record,
        draft=draft,
        part=part,
        keys=Keys(),
        reasons=reasons.WORDS,
        minutes=city.limits.record_minutes,
        contact_by=CONTACT_BY,
    )
    return make_response(page, 422 if draft.error else 403 if asks and not part else 200)
