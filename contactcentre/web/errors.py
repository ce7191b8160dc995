"""Errors as pages in plain words, each with an id that the log carries too; the API's are problems instead."""

from __future__ import annotations

import secrets
from typing import cast

import structlog
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from contactcentre.web.guard import API

log = structlog.get_logger(__name__)
#: status: heading, what to do
WORDS = {
    400: ("This could not be understood", "Go back, load the page again and repeat what you did."),
    401: ("You are not logged in", "Log in and repeat what you did."),
    403: ("This is not yours to see", "Your role does not reach this page. Ask your supervisor if it should."),
    404: ("There is nothing here", "The address is wrong, or what stood here is not for you to see."),
    405: ("This page cannot be used like that", "Go back and use the form on the page."),
    413: ("This is too large", "One file may have 10 MB, and a form may carry five of them."),
    429: ("Too many at once", "Wait a minute, then try again."),
    500: ("Something went wrong here", "Nothing was half done. Try again; if it stays, tell your administrator."),
}  # fmt: skip


def register(app: Flask) -> None:
    """Show every error of the framework, and every unforeseen one, in this house's words."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _http(error: HTTPException) -> AnyResponse | tuple[str, int]:
    if error.response is not None:
        return cast(AnyResponse, error.response)  # a redirect, or an answer that somebody built
    status = error.code or 500
    if request.path.startswith(API):
        return _problem(error)
    heading, remedy = WORDS.get(status, (error.name, "Go back and try another way."))
    said = error.description if status == 400 and error.description != type(error).description else remedy
    return _page(status, heading, said or remedy)


def _unforeseen(error: Exception) -> AnyResponse | tuple[str, int]:
    incident = _incident()
    log.error(
        "web.unforeseen", incident=incident, endpoint=request.endpoint, error=type(error).__name__, exc_info=error
    )
    if request.path.startswith(API):
        return _problem(InternalServerError(f"Something went wrong here; it is logged as {incident}."))
    return _page(500, *WORDS[500])


def _page(status: int, heading: str, remedy: str) -> tuple[str, int]:
    return render_template(
        "errors/error.html", status=status, heading=heading, remedy=remedy, incident=_incident()
    ), status  # fmt: skip


def _incident() -> str:
    if "incident" not in g:
        g.incident = secrets.token_hex(4)
    return str(g.incident)


def _problem(error: HTTPException) -> Response:
    from contactcentre.api.problems import problem

    return problem(error.code or 500, error.description or error.name)
