"""Files of cases: given to keep and never opened by the browser; small pictures of some; and what is held back."""

from __future__ import annotations

from flask import Response, render_template, send_file
from werkzeug.wrappers import Response as AnyResponse

from cases import attachments, reads
from cases.holding import UNSCANNED, Held, Hold, Scan, hold
from cases.models import StoredFile
from cases.permissions import Action
from cases.queries.one_call import SOUNDS
from cases.queries.timeline import AttachmentView
from cases.reads import Kind
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.permissions import requires

#: nothing in a file may run or load anything, even where a browser shows it after all
_SANDBOX = "sandbox; default-src 'none'"
#: locked until somebody else has decided; kept aside for what it is
_STATUS = {Held.PENDING: 423, Held.INFECTED: 423, Held.ASIDE: 409}


@blueprint.get("/files/<int:attachment_id>")
@requires(Action.READ)
def file(attachment_id: int) -> AnyResponse | tuple[str, int]:
    """Give a file to somebody who may read its case; always to keep, never to be shown by the browser."""
    with container().db.recorder() as session:
        attachment, stored = attachments.fetch(session, viewer(), attachment_id=attachment_id)
        held = _held(stored)
        if held is None:
            reads.note(session, viewer(), Kind.FILE, case_id=attachment.case_id, item_id=attachment.id)
    if held is not None:
        return render_template("errors/domain.html", message=held.words, status=_STATUS[held.why]), _STATUS[held.why]
    content = container().files.open(stored.sha256)
    name, kind = attachment.name, stored.media_type
    return _safe(send_file(content, mimetype=kind, as_attachment=True, download_name=name, etag=False))


@blueprint.get("/files/<int:attachment_id>/preview")
@requires(Action.READ)
def file_preview(attachment_id: int) -> AnyResponse | tuple[str, int]:
    """Show the small picture of a file, which was made here, to somebody who may read its case."""
    with container().db.recorder() as session:
        attachment, stored, small = attachments.preview(session, viewer(), attachment_id=attachment_id)
        held = _held(stored)
        if held is None:
            reads.note(session, viewer(), Kind.FILE, case_id=attachment.case_id, item_id=attachment.id)
    if held is not None:
        return held.words, _STATUS[held.why]
    return _safe(send_file(container().files.open(small.sha256), mimetype=small.media_type, etag=False))


@blueprint.app_template_test("held")
def held_back(one: AttachmentView) -> bool:
    """Tell whether a file is not given out."""
    return hold_of(one) is not None


@blueprint.app_template_test("sound")
def is_sound(one: AttachmentView) -> bool:
    """Tell whether a file is played in place."""
    return one.media_type in SOUNDS


@blueprint.app_template_filter("hold")
def hold_of(one: AttachmentView) -> Hold | None:
    """Return why a file is not given out."""
    return hold(scan=one.scan, note=one.note, trouble=one.trouble, scanning=container().scanner is not None)


@blueprint.app_template_filter("unscanned")
def unscanned(one: AttachmentView) -> str:
    """Return what is to be said of a file that no scanner has seen; empty for one that was scanned."""
    return UNSCANNED if one.scan == Scan.PENDING else ""


def _held(stored: StoredFile) -> Hold | None:
    scanning = container().scanner is not None
    return hold(scan=stored.scan, note=stored.scan_note, trouble=stored.trouble, scanning=scanning)


def _safe(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
