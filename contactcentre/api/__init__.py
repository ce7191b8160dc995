"""The JSON API at /api/v1, its OpenAPI description, and pages that show it to people."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, render_template, request
from flask_openapi3 import Info, OpenAPI

from cases.errors import Changed, DomainError
from contactcentre.api import books, cases, filing, pages, problems, promises, tasks
from contactcentre.api.calls import Unauthorized, refuse_caller
from contactcentre.api.limits import EXTENSION, Limits
from contactcentre.container import Container
from contactcentre.db import Unavailable
from contactcentre.web.permissions import requires

INFO = Info(title="Contact centre", version="1")
SCHEMES: dict[str, Any] = {"token": {"type": "http", "scheme": "bearer"}}
PREFIX = "/api/"


def make_openapi(name: str) -> OpenAPI:
    """Make the application object, which knows how to describe its API; its own pages stay off."""
    return OpenAPI(
        name,
        info=INFO,
        security_schemes=SCHEMES,
        doc_ui=False,
        validation_error_model=problems.Problem,
        validation_error_callback=problems.of_validation,
        static_folder=None,
    )


def register(app: OpenAPI) -> None:
    """Add the API to the application."""
    site: Container = app.extensions["contactcentre"]
    app.extensions[EXTENSION] = Limits(site.settings.redis_url, site.settings.api_limit)
    for part in (cases, tasks, promises, filing, books):
        app.register_api(part.blueprint)

    @app.route("/api/v1/openapi.json")
    @requires("public")
    def description() -> Response:
        return jsonify(app.api_doc)

    @app.route("/api/docs")
    @requires("public")
    def docs() -> str:
        return render_template("api/docs.html", version=app.api_doc["openapi"], calls=pages.calls(app.api_doc))

    @app.route("/api/docs/<call>")
    @requires("public")
    def call_docs(call: str) -> str:
        found = next((one for one in pages.calls(app.api_doc) if one.name == call), None)
        if found is None:
            abort(404)
        return render_template("api/call.html", call=found)

    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(Unauthorized, lambda _: refuse_caller())
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(Changed, _unavailable)


def is_call() -> bool:
    """Tell whether this request is for the API, whose errors are problems rather than pages."""
    return request.path.startswith(PREFIX)


def _domain(error: DomainError) -> Response | tuple[str, int]:
    if is_call():
        return problems.of_domain(error)
    status = next((code for kind, code in problems.STATUS.items() if isinstance(error, kind)), 422)
    return render_template("errors/domain.html", message=str(error), status=status), status


def _unavailable(error: Exception) -> Response | tuple[str, int]:
    if is_call():
        why = "Others keep changing the same" if isinstance(error, Changed) else "The database cannot be reached"
        return problems.problem(503, f"{why}; nothing was changed. Try again in a moment.")
    return render_template("errors/unavailable.html"), 503
