"""Drafts kept on the server: what a page saves while somebody types."""

from __future__ import annotations

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from cases import access, clock, drafts
from cases.errors import Invalid
from cases.permissions import Action, Viewer
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.returning import number
from contactcentre.web.permissions import requires


def sent_now(session: Session, who: Viewer, *, reference: str, kind: str) -> None:
    """Empty the draft of a form that has just done its work."""
    case = access.for_reading(session, who, reference=reference)
    drafts.forget(session, who, case_id=case.id, kind=kind, at=clock.now(session))


@blueprint.post("/cases/<reference>/drafts/<kind>")
@requires(Action.NOTE)
def keep(reference: str, kind: str) -> Response:
    """Keep a draft. The number that it carries grows with each save, so this needs no key; 409 gives the newer one."""
    seq = number("seq")
    if not seq:
        raise Invalid("seq must be the number of this save, from 1 on.", field="seq")
    values = {"reference": reference, "kind": kind, "text": request.form.get("text", ""), "seq": seq}
    kept = container().db.run(lambda uow: drafts.save(uow.session, viewer(), **values))  # type: ignore[arg-type]
    answer = jsonify(
        {"seq": kept.seq, "saved_at": kept.saved_at.isoformat(), **({} if kept.saved else {"text": kept.text})}
    )
    answer.status_code = 200 if kept.saved else 409
    return answer
