"""The start address."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from contactcentre.web.permissions import requires

blueprint = Blueprint("front", __name__)


@blueprint.get("/")
@requires("public")
def start() -> Response:
    """Lead to the desk, which asks for a log-in. Citizens reach this Assembly by SMS so far."""
    return redirect(url_for("desk.home"), 302)
