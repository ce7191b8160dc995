"""The phone page on the web process's own address: forwarded to the simulator, in development and demo only."""

from __future__ import annotations

from urllib.parse import quote

import requests
from flask import Blueprint, Flask, Response, abort, current_app, request

from channels.http import Client
from config.settings import Settings
from contactcentre.web.permissions import requires

blueprint = Blueprint("simulator", __name__)
LARGEST_BODY = 256 * 1024
#: a mail may bring files
LARGEST_MAIL = 16 * 1024 * 1024
#: seconds to connect, and between two bytes of the answer
TIMEOUT = (3.05, 35.0)
_CLIENT = Client()
_PASSED_IN = ("Content-Type", "Accept", "If-None-Match", "If-Modified-Since")
_PASSED_OUT = (
    "Content-Type", "Cache-Control", "Content-Security-Policy", "ETag", "Last-Modified", "X-Content-Type-Options"
)  # fmt: skip


def register(app: Flask, settings: Settings) -> None:
    """Add the page where there is a simulator; never in production."""
    if settings.simulator_url and not settings.production:
        app.register_blueprint(blueprint)


@blueprint.route("/simulator", methods=["GET", "POST"], defaults={"path": ""})
@blueprint.route("/simulator/<path:path>", methods=["GET", "POST"])
@requires("public")
def forward(path: str) -> Response:
    """Pass one request on. 502: the simulator does not answer."""
    if (request.content_length or 0) > (LARGEST_MAIL if path == "api/mail" else LARGEST_BODY):
        abort(413)
    settings: Settings = current_app.extensions["contactcentre"].settings
    try:
        answer = _CLIENT.session().request(
            request.method,
            f"{settings.simulator_url}{_asked(path)}",
            data=request.get_data(),
            headers={name: request.headers[name] for name in _PASSED_IN if name in request.headers},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException:
        return Response(
            '{"error": "the simulator does not answer; it may be starting"}', 502, mimetype="application/json"
        )
    headers = {name: answer.headers[name] for name in _PASSED_OUT if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)


def _asked(path: str) -> str:
    # A step upwards would lead out of the phone page, to the gateways' doubles.
    if ".." in path.split("/"):
        abort(404)
    query = request.query_string.decode("latin-1")
    return quote(request.path) + (f"?{query}" if query else "")
