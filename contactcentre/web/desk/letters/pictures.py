"""Pages as they were scanned: for who may read the letter, never of a file that is held back; each look is logged."""

from __future__ import annotations

from flask import Response, render_template, send_file
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, reads, together
from cases.holding import Held, hold
from cases.models import StoredFile
from cases.permissions import Action
from cases.queries import one_letter, one_scan
from cases.reads import Kind
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame
from contactcentre.web.permissions import requires

#: a page is looked at again and again while it is keyed; log-out empties what the browser keeps
_KEPT = "private, max-age=900"
_STATUS = {Held.PENDING: 423, Held.INFECTED: 423, Held.ASIDE: 409}


@blueprint.get("/letters/<register_number>/pages")
@requires(Action.READ)
def letter_pages(register_number: str) -> str:
    """Show the pages of a letter to who may read its case."""
    who = viewer()
    with container().db.recorder() as session:
        found, beside = one_letter.load(session, who, register_number, also=together.kept(frame.parts, who))
        reads.note(session, who, Kind.LETTER, item_id=found.id)
        now = clock.now(session)
    return render_template("desk/letters/pages.html", room=frame.of_parts(beside, now=now), letter=found)


@blueprint.get("/letters/<register_number>/pages/<int:page>")
@requires(Action.READ)
def letter_picture(register_number: str, page: int) -> AnyResponse | tuple[str, int]:
    """Show a page of a letter."""
    with container().db.recorder() as session:
        letter = one_letter.page_of(session, viewer(), register_number, page)
        page_id, sha256, stored = one_scan.picture_of(session, letter.scan_id or 0, page)
        held = _held(stored)
        if held is None:
            reads.note(session, viewer(), Kind.LETTER, case_id=letter.case_id, item_id=page_id)
    return held or _given(sha256)


@blueprint.get("/letters/scans/<int:scan_id>/pages/<int:page>")
@requires(Action.KEEP_REGISTER)
def scan_picture(scan_id: int, page: int) -> AnyResponse | tuple[str, int]:
    """Show a page of a scan, to who may see all of its letters."""
    with container().db.recorder() as session:
        page_id, sha256, stored = one_scan.picture(session, viewer(), scan_id, page)
        held = _held(stored)
        if held is None:
            reads.note(session, viewer(), Kind.LETTER, item_id=page_id)
    return held or _given(sha256)


def _held(stored: list[StoredFile]) -> tuple[str, int] | None:
    scanning = container().scanner is not None
    for one in stored:
        why = hold(scan=one.scan, note=one.scan_note, trouble=one.trouble, scanning=scanning)
        if why is not None:
            return why.words, _STATUS[why.why]
    return None


def _given(sha256: str) -> Response:
    """Return a picture that was made here; what it is follows from its first bytes."""
    content = container().files.open(sha256)
    kind = "image/png" if content.read(4) == b"\x89PNG" else "image/jpeg"
    content.seek(0)
    response = send_file(content, mimetype=kind, etag=False)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = _KEPT
    return response
