"""The page that asks for a reason before a confidential case of another unit is shown."""

from __future__ import annotations

from flask import make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from cases import glass, reasons, references
from cases.errors import NotFound
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import room
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.posting import new_key


def ask(reference: str, draft: Draft | None = None) -> AnyResponse:
    """Show the form that asks for a reason; raises ``NotFound`` for who may not break the glass, as for no case."""
    city = container().city
    with container().db.reader() as session:
        if not glass.offered(session, viewer(), reference=reference, city=city):
            raise NotFound("There is no such case, or none that you may see.", field="reference")
        shown = room.load(session, viewer(), city=city)
    page = render_template(
        "desk/glass.html",
        room=shown,
        city=city,
        reference=references.parse(reference),
        draft=draft or Draft("glass"),
        reasons=reasons.WORDS,
        hours=city.limits.glass_hours,
        key=new_key(),
    )
    return make_response(page, 422 if draft and draft.error else 403)
