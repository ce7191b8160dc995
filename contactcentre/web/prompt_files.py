"""Recordings of what a voice says, given to whoever asks: a gateway fetches them in the middle of a call."""

from __future__ import annotations

import io

from flask import Blueprint, abort, send_file
from werkzeug.wrappers import Response

from cases import voice_prompts
from cases.errors import NotFound
from cases.holding import hold
from contactcentre import sounds
from contactcentre.prompts import made_here
from contactcentre.web.context import container
from contactcentre.web.permissions import requires

blueprint = Blueprint("prompt_files", __name__)
#: nothing in a recording may run or load anything, even where a browser shows it as a page
_SANDBOX = "sandbox; default-src 'none'; media-src 'self'"


@blueprint.get("/prompts/<name>")
@requires("public")
def give(name: str) -> Response:
    """Give a recording to whoever asks: a gateway in a call. What is no recording, or was one once, is not found."""
    sha256, _, ending = name.partition(".")
    found = _made(sha256) or _recorded(sha256)
    if found is None or sounds.ENDINGS[found[1]] != ending:
        abort(404)
    content, kind = found
    response = send_file(content, mimetype=kind, conditional=True, etag=sha256)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _made(sha256: str) -> tuple[io.BytesIO, str] | None:
    own = made_here(sha256)
    return (io.BytesIO(own), sounds.WAV) if own is not None else None


def _recorded(sha256: str) -> tuple[io.BytesIO, str] | None:
    with container().db.reader() as session:
        row = voice_prompts.served(session, sha256)
        scanning = container().scanner is not None
        if row is None or hold(scan=row.scan, note=row.scan_note, trouble=row.trouble, scanning=scanning) is not None:
            return None
        kind = row.media_type
    try:
        return io.BytesIO(container().files.content(sha256)), kind
    except NotFound:
        return None
