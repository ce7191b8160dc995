"""Recordings of calls, played where they stand: to who may listen, and each listening leaves its line in the log."""

from __future__ import annotations

from flask import Response, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from cases import attachments, reads
from cases.errors import NotFound
from cases.models import StoredFile
from cases.permissions import Action
from cases.queries import one_call
from cases.queries.one_call import SOUNDS
from cases.reads import Kind
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.permissions import requires

#: nothing in a file may run or load anything
_SANDBOX = "sandbox; default-src 'none'; media-src 'self'"


@blueprint.get("/recordings/<int:recording_id>")
@requires(Action.LISTEN)
def recording(recording_id: int) -> AnyResponse:
    """Give a recording of a call, to be played in place."""
    with container().db.recorder() as session:
        made, call, stored = one_call.recording(session, viewer(), recording_id)
        reads.note(session, viewer(), Kind.RECORDING, case_id=call.case_id, item_id=made.id)
    return sound(stored, name=f"call-{call.id}-{made.id}")


@blueprint.get("/files/<int:attachment_id>/sound")
@requires(Action.LISTEN)
def file_sound(attachment_id: int) -> AnyResponse:
    """Give a sound that stands with a message, to be played in place."""
    with container().db.recorder() as session:
        attachment, stored = attachments.fetch(session, viewer(), attachment_id=attachment_id, action=Action.LISTEN)
        reads.note(session, viewer(), Kind.RECORDING, case_id=attachment.case_id, item_id=attachment.id)
    return sound(stored, name=attachment.name)


def sound(stored: StoredFile, *, name: str) -> AnyResponse:
    """Return a sound that a browser plays, as a whole or the part it asks for; anything else only to keep."""
    plays = stored.media_type in SOUNDS and request.args.get("keep") is None
    if stored.trouble is not None:
        raise NotFound("This recording was kept aside and is given to nobody.")
    content = container().files.open(stored.sha256)
    kind = stored.media_type if plays else "application/octet-stream"
    response: Response = send_file(
        content, mimetype=kind, as_attachment=not plays, download_name=name, etag=False, conditional=False
    )
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.content_length = stored.size
    return response.make_conditional(request, accept_ranges=True, complete_length=stored.size)
