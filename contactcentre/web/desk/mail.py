"""A mail on the desk: its whole text, how it looked as it was sent, and the bytes that it was."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache

from flask import Response, abort, render_template, request, send_file
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import reads, references
from cases.permissions import Action
from cases.queries import mail as mail_query
from cases.queries.mail import WholeMail
from cases.reads import Kind
from contactcentre import safe_html
from contactcentre.web import assets
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.permissions import requires

#: of a picture that stands in the page itself, in bytes
LARGEST_PICTURE = 1_500_000
STYLE = "css/mail.css"


@blueprint.get("/cases/<reference>/mail/<int:message_id>")
@requires(Action.READ)
def mail(reference: str, message_id: int) -> str:
    """Show a mail as a whole: all of its text, and how it was sent."""
    city = container().city
    with container().db.recorder() as session:
        shown = room.load(session, viewer(), city=city)
        found = _look(session, reference, message_id)
    return render_template("desk/mail.html", room=shown, city=city, mail=found)


@blueprint.get("/cases/<reference>/mail/<int:message_id>/page")
@requires(Action.READ)
def mail_page(reference: str, message_id: int) -> Response:
    """Give the HTML of a mail, made harmless, as a page without scripts, an origin or a way to anywhere.

    It asks for nothing from elsewhere, not even from here: what it shows stands in it. With ``pictures`` in the
    address it asks for the pictures that its sender put elsewhere, and then the sender may learn that it was read.
    """
    with container().db.recorder() as session:
        found = _look(session, reference, message_id)
    if found.html is None:
        abort(404)
    shows = request.args.get("pictures") == "yes"
    with container().files.open(found.html) as stream:
        source = stream.read(4 * safe_html.LONGEST).decode("utf-8", "replace")
    safe = safe_html.clean(source, pictures=dict(_pictures(found)), elsewhere=shows)
    style, hashed = _style()
    body = Markup(safe.html)  # noqa: S704  made harmless
    page = render_template("desk/mail_page.html", mail=found, safe=safe, shows=shows, style=style, body=body)
    response = Response(page, content_type="text/html; charset=utf-8")
    pictures = "data: https:" if shows else "data:"
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        f"img-src {pictures}; style-src '{hashed}'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/cases/<reference>/mail/<int:message_id>/original")
@requires(Action.READ)
def mail_original(reference: str, message_id: int) -> AnyResponse:
    """Give a mail as the bytes that came; always to keep, never to be shown by the browser."""
    with container().db.recorder() as session:
        found = mail_query.load(session, viewer(), reference, message_id=message_id)
        reads.note(session, viewer(), Kind.MAIL, case_id=found.case_id, item_id=message_id)
    if found.original is None:
        abort(404)
    name = f"{references.written(found.reference)}-{message_id}.eml"
    with container().files.local(found.original) as place:
        return send_file(place, mimetype="application/octet-stream", as_attachment=True, download_name=name, etag=False)


def _look(session: Session, reference: str, message_id: int) -> WholeMail:
    found = mail_query.load(session, viewer(), reference, message_id=message_id)
    reads.note(session, viewer(), Kind.CASE, case_id=found.case_id)
    return found


def _pictures(found: WholeMail) -> Iterator[tuple[str, str]]:
    """Give the pictures that came with a mail as ``data:`` addresses: a page without origin gets none with a log-in."""
    left = safe_html.MOST_EMBEDDED
    for one in found.pictures:
        with container().files.open(one.sha256) as stream:
            content = stream.read(LARGEST_PICTURE + 1)
        if len(content) > min(LARGEST_PICTURE, left):
            continue
        left -= len(content)
        yield one.content_id, f"data:{one.media_type};base64,{base64.b64encode(content).decode()}"


@cache
def _style() -> tuple[Markup, str]:
    """Return the style of such pages, and its hash: they have no origin that could ask for a sheet of ours."""
    content = assets.everything()[STYLE].content
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return Markup(content.decode()), f"sha256-{digest}"  # noqa: S704  our own file
