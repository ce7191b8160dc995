"""Letters on their way out: what is to be printed, posted, or came back; and the PDFs themselves."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import BinaryIO

from flask import Response, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, reads
from cases.errors import DomainError, Invalid
from cases.letters import register
from cases.letters.states import CAME_BACK, Dispatched
from cases.permissions import Action
from cases.queries import dispatch
from cases.reads import Kind
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys

#: state → how its tab reads
STATES: Mapping[Dispatched, str] = {
    Dispatched.TO_PRINT: "To print",
    Dispatched.PRINTED: "Printed",
    Dispatched.POSTED: "Posted",
    Dispatched.RETURNED: "Came back",
}
DONE = {
    "back": "They wait to be printed again.",
    "posted": "Posted. From now on they count as answers.",
    "returned": "Written down. The case is told, and owes an answer again.",
}
#: the browser shows the PDF by its own viewer; nothing in it may run or load anything
_SHOWN = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@blueprint.get("/letters/out")
@requires(Action.KEEP_REGISTER)
def letters_out() -> str:
    """Show the letters of one state, with what can be done to them next."""
    return show(_state(request.args.get("state", "")))


@blueprint.get("/letters/out/<int:letter_id>.pdf")
@requires(Action.KEEP_REGISTER)
def letter_pdf(letter_id: int) -> AnyResponse:
    """Show one letter, in the browser's own viewer."""
    with container().db.recorder() as session:
        number, content, case_id = dispatch.letter(session, viewer(), letter_id)
        reads.note(session, viewer(), Kind.FILE, case_id=case_id, item_id=letter_id)
    return pdf(container().files.open(content), f"{number}.pdf")


@blueprint.get("/letters/batches/<int:batch_id>.pdf")
@requires(Action.KEEP_REGISTER)
def batch_pdf(batch_id: int) -> AnyResponse:
    """Show the letters that were printed together, to be printed again."""
    with container().db.recorder() as session:
        found = dispatch.batch(session, viewer(), batch_id)
        reads.note(session, viewer(), Kind.EXPORT, item_id=batch_id)
    return pdf(container().files.open(found.pdf_sha256), f"letters-{batch_id}.pdf")


def show(state: Dispatched, error: DomainError | None = None) -> str:
    """Render the letters of a state; with an error what was chosen and typed stands there still."""
    batch = _number(request.args.get("batch"))
    city = container().city
    with container().db.reader() as session:
        room = frame.load(session, viewer())
        cursor = request.args.get("cursor") or None
        found = dispatch.page(session, viewer(), state=state, batch=batch, cursor=cursor)
        waiting = dispatch.counts(session, viewer())
        today = register.day(clock.now(session), city)
    sent = request.form.getlist("letter") if error is not None else None
    more = url_for("desk.letters_out", state=state, batch=batch, cursor=found.next) if found.next else None
    return render_template(
        "desk/letters/out.html",
        room=room,
        state=state,
        states=STATES,
        waiting=waiting,
        rows=found.items,
        more=more,
        batch=batch,
        chosen=sent,
        typed=request.form if error is not None else {},
        error=error,
        done=DONE.get(request.args.get("done", "")),
        came_back=CAME_BACK,
        today=today,
        keys=Keys(),
        counted=lambda number: f"{number - 1}+" if number >= dispatch.MOST_COUNTED else str(number),
    )


def pdf(content: BinaryIO | bytes, name: str) -> Response:
    """Return a PDF of our own making, which the browser shows."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    response = send_file(stream, mimetype="application/pdf", download_name=name, etag=False)
    response.headers["Content-Security-Policy"] = _SHOWN
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _state(text: str) -> Dispatched:
    try:
        return Dispatched(text or Dispatched.TO_PRINT)
    except ValueError:
        raise Invalid(f"There is no such list; it is one of {', '.join(Dispatched)}.", field="state") from None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
