"""The start address."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from cases.permissions import Action, Role, may
from contactcentre.web import context
from contactcentre.web.permissions import requires

blueprint = Blueprint("front", __name__)


@blueprint.get("/")
@requires("public")
def start() -> Response:
    """Lead to the desk, which asks for a log-in; officers go to their jobs; members to their area."""
    found = context.login()
    if found is not None and found.viewer.has(Role.FIELD_OFFICER) and not may(found.viewer, Action.REPLY):
        return redirect(url_for("desk.field_jobs"), 302)
    if found is None or may(found.viewer, Action.READ):
        return redirect(url_for("desk.home"), 302)
    return redirect(url_for("board.area" if may(found.viewer, Action.AREA) else "auth.account"), 302)
