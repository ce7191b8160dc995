"""The hand-over list of a leave, to be printed and to be laid on somebody's table."""

from __future__ import annotations

from flask import render_template, request

from cases.errors import Invalid
from cases.permissions import Action
from cases.queries import handovers
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.permissions import requires


@blueprint.get("/people/<int:agent_id>/handover")
@requires(Action.READ)
def handover(agent_id: int) -> str:
    """Show what somebody hands over for a leave, or will."""
    with container().db.reader() as session:
        sheet = handovers.sheet(session, viewer(), agent_id=agent_id, absence_id=_leave())
    return render_template("desk/handover.html", sheet=sheet, agent_id=agent_id, own=agent_id == viewer().id)


def _leave() -> int | None:
    text = request.args.get("leave", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("leave must be the number of a leave.", field="leave")
    return int(text)
