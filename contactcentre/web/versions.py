"""Versions of the configuration: what each one changed, what going back to one would touch, and going back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from flask import Blueprint, Response, abort, make_response, render_template, request, send_file, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import DomainError, Stale
from cases.models import ConfigurationVersion
from cases.permissions import Action
from config import loader
from config.loader import Raw
from contactcentre import authors, configurations, looking
from contactcentre.configuration_drafts import changed
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.drafts import as_text
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("versions", __name__, url_prefix="/admin/versions")
_V = ConfigurationVersion
#: without the files: a list of two hundred would read them all
_LISTED = (
    select(_V.number, _V.parent, _V.author, _V.reason, _V.hash, _V.created_at).order_by(_V.number.desc()).limit(200)
)
LONGEST_REASON = 200
#: ZIP keeps no earlier time; one for all makes the same files the same archive
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@blueprint.get("")
@requires(Action.CONFIGURE)
def table() -> str:
    """List the versions, the newest first."""
    with container().db.reader() as session:
        every = session.execute(_LISTED).all()
        names = authors.signed(session, [one.author for one in every])
        active = configurations.active(session)
    saved = request.args.get("saved", "")
    return render_template("admin/versions.html", every=every, names=names, active=active, saved=saved)


@blueprint.get("/compare")
@requires(Action.CONFIGURE)
def compare() -> str:
    """Show what differs between any two versions; without a choice, the active one and the one it was made from."""
    with container().db.reader() as session:
        every = session.execute(_LISTED).all()
        active = configurations.row(session)
        older = _row(session, _asked("from") or active.parent or active.number)
        newer = _row(session, _asked("to") or active.number)
        names = authors.signed(session, [older.author, newer.author])
    whole = loader.diff(_files(older), _files(newer))
    return render_template(
        "admin/compare.html",
        every=every,
        sides=[_told(older, names), _told(newer, names)],
        changed=changed(_files(older), _files(newer)),
        difference=looking.cut(whole),
        cut=looking.cut(whole) != whole,
    )


@blueprint.get("/compare.diff")
@requires(Action.CONFIGURE)
def difference() -> AnyResponse:
    """Give the whole difference between two versions as text."""
    with container().db.reader() as session:
        older, newer = _row(session, _asked("from")), _row(session, _asked("to"))
    return as_text(loader.diff(_files(older), _files(newer)))


@blueprint.get("/<int:number>")
@requires(Action.CONFIGURE)
def version(number: int) -> str:
    """Show what a version changed, and what going back to it would change and touch where it is not active."""
    return _page(number)


@blueprint.get("/<int:number>.zip")
@requires(Action.CONFIGURE)
def download(number: int) -> AnyResponse:
    """Give the files of a version as one archive; the same version is the same archive, byte for byte.

    It holds the mark by which it is known, when it comes back changed, which version it began with.
    """
    with container().db.reader() as session:
        row = _row(session, number)
    files = {**_files(row), configurations.MARK: configurations.mark(number, row.hash, name=row.hash[:16])}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), files[name], zipfile.ZIP_DEFLATED)
    packed.seek(0)
    return send_file(packed, "application/zip", as_attachment=True, download_name=f"configuration-{number}.zip")


@blueprint.post("/<int:number>/activate")
@requires(Action.CONFIGURE)
def activate(number: int) -> AnyResponse:
    """Make the files of an older version a new one, if the version that was shown is still active."""
    reason, shown, who = " ".join(request.form.get("reason", "").split()), request.form.get("parent", ""), viewer()
    if not 1 <= len(reason) <= LONGEST_REASON:
        return _again(number, f"Say why, in at most {LONGEST_REASON} characters; it stays with the version.", 422)
    parent = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else 0

    def work(uow: UnitOfWork) -> str:
        files = _files(_row(uow.session, number))
        made = configurations.add(uow.session, files, parent=parent, author=who.actor, reason=reason)
        return url_for("versions.table", saved=made)

    try:
        return change(work)
    except DomainError as error:
        return _again(number, str(error), 409 if isinstance(error, Stale) else 422)


def _again(number: int, error: str, code: int) -> Response:
    return make_response(_page(number, error=error, reason=request.form.get("reason", "")), code)


def _page(number: int, *, error: str = "", reason: str = "") -> str:
    site, who = container(), viewer()
    with site.db.reader() as session:
        row, active = _row(session, number), configurations.active(session)
        assert active is not None, "there is a version, so one is active"
        before = _files(_row(session, row.parent)) if row.parent is not None else {}
        names = authors.signed(session, [row.author])
    is_active = active.number == number
    known = site.city if site.city.version == active.number else None
    whole = loader.diff(before, _files(row))
    return render_template(
        "admin/version.html",
        row=_told(row, names),
        parent=row.parent,
        changed=looking.cut(whole),
        cut=looking.cut(whole) != whole,
        active=active.number,
        is_active=is_active,
        back=None if is_active else looking.look(site.db, who, _files(row), active, before=known),
        error=error,
        reason=reason,
        form_key=new_key(),
    )


def _told(row: ConfigurationVersion, names: Mapping[str, str]) -> dict[str, object]:
    """Return what a page says of a version: who signed it and when, and whether its files are still what was signed."""
    return {
        "number": row.number,
        "parent": row.parent,
        "author": names[row.author],
        "reason": row.reason,
        "created_at": row.created_at,
        "hash": row.hash,
        "genuine": configurations.digest(_files(row)) == row.hash,
    }


def _asked(side: str) -> int:
    given = request.args.get(side, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def _row(session: Session, number: int) -> ConfigurationVersion:
    row = session.get(ConfigurationVersion, number) if number < 2**31 else None
    if row is None:
        abort(404)
    return row


def _files(row: ConfigurationVersion) -> Raw:
    files: Raw = row.content["files"]
    return files
