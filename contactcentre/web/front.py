"""The start address."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from cases.permissions import Action, Role, Viewer, may
from contactcentre.web import context
from contactcentre.web.permissions import requires

blueprint = Blueprint("front", __name__)


@blueprint.get("/")
@requires("public")
def start() -> Response:
    """Lead to the desk, which asks for a log-in; officers, executives and members have pages of their own."""
    found = context.login()
    return redirect(url_for("desk.home" if found is None else _first_page(found.viewer)), 302)


def _first_page(viewer: Viewer) -> str:
    if not may(viewer, Action.REPLY):
        for role, endpoint in ((Role.FIELD_OFFICER, "desk.field_jobs"), (Role.EXECUTIVE, "board.executive")):
            if viewer.has(role):
                return endpoint
    if may(viewer, Action.READ):
        return "desk.home"
    return "board.area" if may(viewer, Action.AREA) else "auth.account"
