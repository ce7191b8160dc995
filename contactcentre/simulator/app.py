"""The simulator's own process: ``contactcentre.simulator.app:app``. No database, no gateway's SDK."""

from __future__ import annotations

import atexit
from datetime import datetime
from typing import Any

from flask import Flask, Response, abort, request

from cases.clock import TestClock, wall
from channels.webhook import WebhookReply, WebhookRequest
from config.settings import Settings, SettingsError, load
from contactcentre.simulator import asking, calling, dialling, mailbox, phone, scanner
from contactcentre.simulator.accounts import AccountsFault
from contactcentre.simulator.host import Host

LARGEST_BODY = 256 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(settings: Settings) -> Flask:
    """Build the simulator; its host stands in ``app.extensions["simulator"]``."""
    if settings.production:
        raise SettingsError("CONTACTCENTRE_ENV: the simulator does not run in production")
    app = Flask(__name__, static_url_path="/simulator/static")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, TEMPLATES_AUTO_RELOAD=False)
    clock = TestClock(*settings.test_clock) if settings.test_clock else None

    def now() -> datetime:
        return clock.shift(wall()) if clock else wall()

    host = Host(settings.data, clock=now)
    app.extensions["simulator"] = host
    app.extensions["suggested_phones"] = phone.suggested(settings.config_dir)
    app.extensions["suggested_addresses"] = mailbox.suggested(settings.config_dir)
    app.register_blueprint(phone.blueprint)
    app.register_blueprint(dialling.blueprint)
    app.register_blueprint(calling.blueprint)
    app.register_blueprint(mailbox.blueprint)
    app.register_blueprint(scanner.blueprint)
    app.add_url_rule("/gateways/<gateway>/<account>/<path:rest>", view_func=_gateway, methods=["GET", "POST"])
    app.add_url_rule("/health/live", view_func=lambda: {"status": "ok"}, endpoint="alive")
    app.register_error_handler(AccountsFault, _unusable)
    app.before_request(_bound)
    app.after_request(_guard)
    host.resume()
    if settings.simulator_mail:
        host.mail_server.start(settings.simulator_mail)
    return app


def _gateway(gateway: str, account: str, rest: str) -> Response:
    host: Host = asking.host()
    reply = host.handle(
        gateway,
        account,
        WebhookRequest(
            method=request.method,
            url=f"/{rest}",
            headers={name.lower(): value for name, value in request.headers.items()},
            query=request.args.to_dict(),
            form=request.form.to_dict(),
            body=request.get_data(),
            fields=tuple(request.form.items(multi=True)),
        ),
    )
    if reply is None:
        abort(404)
    return _response(reply)


def _response(reply: WebhookReply) -> Response:
    made = Response(reply.body, reply.status, dict(reply.headers))
    made.headers["Content-Type"] = reply.content_type  # as it stands: a charset behind it would change the SDK's mind
    return made


def _bound() -> None:
    """A mail may bring files, and a scanner makes them; nothing else that is asked here is large."""
    if request.path == mailbox.WRITE:
        request.max_content_length = mailbox.LARGEST_BODY
    elif request.path == scanner.PAGE:
        request.max_content_length = scanner.LARGEST_BODY


def _unusable(error: AccountsFault) -> tuple[dict[str, str], int]:
    return {"error": str(error), "field": "accounts"}, 503


def _guard(response: Response) -> Response:
    if request.path.startswith("/simulator"):
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def __getattr__(name: str) -> Any:
    # Made when the server asks for it and not on import: it opens files and starts threads.
    if name != "app":
        raise AttributeError(name)
    made = globals()["app"] = create_app(load())
    atexit.register(asking.host_of(made).close)
    return made
