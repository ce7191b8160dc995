"""Every gateway's callbacks: checked, stored and applied in one transaction, then answered with 2xx."""

from __future__ import annotations

import hashlib
import hmac
import tempfile
from typing import BinaryIO

import structlog
from flask import Blueprint, Response, abort, current_app, request

from channels.base import SCANS, Converses, Parcel, Signs
from channels.errors import BadSignature
from channels.webhook import Route, WebhookReply, WebhookRequest
from contactcentre import conversations, heartbeat, parcels, raw
from contactcentre.calling import requests as calls
from contactcentre.container import Container
from contactcentre.db import Unavailable
from contactcentre.jobs import DRAIN
from contactcentre.web.permissions import requires

log = structlog.get_logger(__name__)
blueprint = Blueprint("hooks", __name__)
LARGEST_BODY = 1024 * 1024
MEDIA = "workers.fetch.media"
_PIECE = 64 * 1024
_LONGEST_NAME = 255


@blueprint.route("/hooks/<account>/<secret>/<event>", methods=["GET", "POST"])
@requires("hook")
def receive(account: str, secret: str, event: str) -> Response:
    """Take one callback. 404, 403: not ours, nothing stored. 5xx: could not be stored, the gateway should try again."""
    container: Container = current_app.extensions["contactcentre"]
    request.max_content_length = LARGEST_BODY + 1  # one that does not tell its length is cut off there
    try:
        _check_secret(container, account, secret)
        if event == heartbeat.EVENT:
            return _beat(container, account)
        if event == conversations.EVENT and isinstance(container.accounts[account], Converses):
            return _spoken(container, account)
        if calls.takes(container.accounts[account], event):
            return _called(container, account, event)
        route = container.find_route(account, event) or abort(404)
        if route.apart:
            return _kept_apart(container, account, route)
        incoming = _request(account, event, base_url=container.settings.base_url)
        _verify(container.accounts[account], incoming)
        accepted = raw.accept(container.db, account=account, route=route, request=incoming, city=container.city)
    except BadSignature as error:
        log.warning("security.bad_signature", account=account, hook=event, reason=str(error))
        container.sightings.note(account, event, refused=True)
        abort(403)
    except (Unavailable, _NoKey) as error:
        log.error("hook.not_stored", account=account, error=type(error).__name__)
        return _response(WebhookReply(503, "try again", headers={"Retry-After": "5"}))
    container.sightings.note(account, event)
    for waiting in accepted.to_send:
        container.jobs.nudge_soon(DRAIN, waiting)
    for waiting in accepted.to_fetch:
        container.jobs.nudge_soon(MEDIA, waiting)
    return _response(route.neutral if accepted.reply == raw.OK else accepted.reply)


def _kept_apart(container: Container, account: str, route: Route) -> Response:
    """Store a body that is read apart, however large it may be up to its own limit."""
    request.max_content_length = parcels.LARGEST + 1
    with tempfile.SpooledTemporaryFile(max_size=LARGEST_BODY) as body:
        digest = hashlib.sha256()
        while piece := request.stream.read(_PIECE):
            digest.update(piece)
            body.write(piece)
        if not body.tell() or body.tell() > parcels.LARGEST:
            abort(413 if body.tell() else 400)
        body.seek(0)
        parcels.Inbox(container, account).take(_parcel(route, digest.hexdigest(), body))  # type: ignore[arg-type]
    container.sightings.note(account, route.event)
    return _response(route.neutral)


def _parcel(route: Route, digest: str, body: BinaryIO) -> Parcel:
    key = f"sha256:{digest}"
    if not route.twins:
        return Parcel(key, route.event, body)
    name = request.args.get("name", "")[:_LONGEST_NAME]
    called = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return Parcel(f"{key}:{called}", SCANS, body, name=name, came_by=route.event)


def _spoken(container: Container, account: str) -> Response:
    """Take one turn of a dialogue: whatever happens, its gateway gets a screen to show."""
    incoming = _request(account, conversations.EVENT, base_url=container.settings.base_url)
    _verify(container.accounts[account], incoming)
    spoken = conversations.turn(container, account, incoming)
    container.sightings.note(account, conversations.EVENT)
    for waiting in spoken.to_send:
        container.jobs.nudge_soon(DRAIN, waiting)
    return _response(spoken.reply)


def _called(container: Container, account: str, event: str) -> Response:
    """Take one request about a call: whatever happens, its gateway gets a document to carry out."""
    incoming = _request(account, event, base_url=container.settings.base_url)
    _verify(container.accounts[account], incoming)
    said = calls.answer(container, account, event, incoming)
    container.sightings.note(account, event)
    for waiting in said.to_send:
        container.jobs.nudge_soon(DRAIN, waiting)
    for waiting in said.to_fetch:
        container.jobs.nudge_soon(MEDIA, waiting)
    return _response(said.reply)


class _NoKey(Exception):
    """The key that a signature is checked with cannot be read: nothing can be said of the request yet."""


def _check_secret(container: Container, account: str, secret: str) -> None:
    block = container.account_settings.get(account)
    if block is None or not hmac.compare_digest(container.read_secret(block.hook_secret).encode(), secret.encode()):
        log.warning("security.wrong_hook_secret", account=account if block else None)
        abort(404)


def _beat(container: Container, account: str) -> Response:
    """Pass on our own test message, which no adapter sees: nothing of it is stored but the lease of its turn."""
    if not heartbeat.pass_on(container, account, request.form.get("token", "")):
        abort(404)
    return _response(WebhookReply())


def _verify(channel: object, incoming: WebhookRequest) -> None:
    if not isinstance(channel, Signs):
        return
    try:
        channel.verify(incoming)
    except LookupError as error:
        log.error("hook.no_key", reason=str(error))  # names the secret, and does not quote it
        raise _NoKey from None


def _request(account: str, event: str, *, base_url: str) -> WebhookRequest:
    body = request.get_data(cache=True)
    if len(body) > LARGEST_BODY:
        abort(413)
    asked = request.query_string.decode("utf-8", "replace")
    query = f"?{asked}" if asked else ""
    return WebhookRequest(
        method=request.method,
        # The stored address names the account but not its secret.
        url=f"/hooks/{account}/•/{event}{query}",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.args.items()),
        body=body,
        form=dict(request.form.items()),
        # What the gateway called is what we gave it: the request's own scheme and host are a proxy's, or anybody's.
        public_url=f"{base_url}{request.path}{query}",
        fields=tuple(request.form.items(multi=True)),
    )


def _response(reply: WebhookReply) -> Response:
    return Response(reply.body, reply.status, dict(reply.headers), content_type=reply.content_type)
