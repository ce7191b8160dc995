"""Versions of the configuration: what each one changed, what going back to one would touch, and going back."""

from __future__ import annotations

import io
import zipfile

from flask import Blueprint, Response, abort, make_response, render_template, request, send_file, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import clock
from cases.errors import DomainError, Stale
from cases.models import ConfigurationVersion
from cases.permissions import Action
from cases.sla import recalculating, whatif
from config import loader
from config.loader import Raw
from contactcentre import configurations
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("versions", __name__, url_prefix="/admin/versions")
LISTED = 200
LONGEST_REASON = 200
#: ZIP keeps no earlier time; one for all makes the same files the same archive
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@blueprint.get("")
@requires(Action.CONFIGURE)
def table() -> str:
    """List the versions, the newest first."""
    with container().db.reader() as session:
        query = select(ConfigurationVersion).order_by(ConfigurationVersion.number.desc()).limit(LISTED)
        every = session.scalars(query).all()
        active = configurations.active(session)
    return render_template("admin/versions.html", every=every, active=active, saved=request.args.get("saved", ""))


@blueprint.get("/<int:number>")
@requires(Action.CONFIGURE)
def version(number: int) -> str:
    """Show what a version changed, and what going back to it would change and touch where it is not active."""
    return _page(number)


@blueprint.get("/<int:number>.zip")
@requires(Action.CONFIGURE)
def download(number: int) -> AnyResponse:
    """Give the files of a version as one archive; the same version is the same archive, byte for byte."""
    with container().db.reader() as session:
        files = _files(_row(session, number))
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
    with container().db.reader() as session:
        row, active = _row(session, number), configurations.active(session)
        assert active is not None, "there is a version, so one is active"
        before = _files(_row(session, row.parent)) if row.parent is not None else {}
        is_active = active.number == number
        values = {} if is_active else _would(session, _files(row), active.raw)
    return render_template(
        "admin/version.html",
        row=row,
        changed=loader.diff(before, _files(row)),
        active=active.number,
        is_active=is_active,
        error=error,
        reason=reason,
        form_key=new_key(),
        **values,
    )


def _would(session: Session, files: Raw, active: Raw) -> dict[str, object]:
    """Return what going back to these files would change, and which running promises it would touch."""
    faults = loader.faults(files)
    found: dict[str, object] = {"back": loader.diff(active, files), "faults": faults, "effects": (), "moved": None}
    if faults:
        return found  # written by a release that allowed it
    city, at = loader.draft(files), clock.now(session)
    effects = whatif.preview(session, city, at=at).effects
    touched = [one for one in effects if one.earlier or one.later or one.dropped]
    moved = recalculating.count(session, loader.draft(active).calendars, city.calendars, at=at)
    return {**found, "effects": touched, "moved": moved}


def _row(session: Session, number: int) -> ConfigurationVersion:
    row = session.get(ConfigurationVersion, number) if number < 2**31 else None
    if row is None:
        abort(404)
    return row


def _files(row: ConfigurationVersion) -> Raw:
    files: Raw = row.content["files"]
    return files
