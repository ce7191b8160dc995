"""Scans put in at the desk: stored as what came from the scanner is, and read apart by the worker."""

from __future__ import annotations

import secrets

from flask import make_response, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import Invalid
from cases.permissions import Action
from channels.base import SCANS, Parcel
from contactcentre import parcels
from contactcentre.web.context import container
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.letters.listing import MOST_FILES, accounts, show_letters
from contactcentre.web.permissions import requires

CAME_BY = "upload"
_LONGEST_NAME = 255


@blueprint.post("/letters/scans")
@requires(Action.KEEP_REGISTER)
def upload_scans() -> AnyResponse:
    """Take scans in. Each is kept under the form's key and its place there, so that a form sent twice brings nothing
    twice; the same paper put in by another form is a twin, which is told.
    """
    try:
        account, files = _account(), _files()
    except Invalid as error:
        return make_response(show_letters(upload_wrong=str(error)), 422)
    inbox = parcels.Inbox(container(), account)
    key = request.form.get("key", "") or secrets.token_urlsafe(18)
    for place, file in enumerate(files):
        name = (file.filename or "scan")[:_LONGEST_NAME]
        content = file.stream
        named = {"name": name, "came_by": CAME_BY, "single": request.form.get("single") == "yes"}
        inbox.take(Parcel(f"desk:{key[:100]}:{place}", SCANS, content, **named))  # type: ignore[arg-type]
    container().sightings.note(account, CAME_BY)
    return redirect(url_for("desk.letters", put_in=len(files)), 303)


def _account() -> str:
    known = dict(accounts(container().city))
    wanted = request.form.get("account", "")
    if wanted not in known:
        raise Invalid("Choose the account of letters that the scans are for.", field="account")
    return wanted


def _files() -> list[FileStorage]:
    sent = [one for one in request.files.getlist("files") if one.filename]
    if not sent:
        raise Invalid("Choose at least one file.", field="files")
    if len(sent) > MOST_FILES:
        raise Invalid(f"At most {MOST_FILES} files are put in at once; put in the others afterwards.", field="files")
    empty = [one.filename for one in sent if not one.stream.read(1)]
    for one in sent:
        one.stream.seek(0)
    if empty:
        raise Invalid(f"{empty[0]} is empty. Scan it again.", field="files")
    return sent
