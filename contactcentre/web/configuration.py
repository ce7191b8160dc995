"""The configuration's files on pages: sent as an archive or one by one, changed in the browser, a department added.

Nothing takes effect here: each way ends at a draft, which is looked at first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby

from flask import Blueprint, abort, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from cases.errors import DomainError, Invalid, Stale
from cases.models import ConfigurationDraft, ConfigurationVersion
from cases.permissions import Action
from config import loader
from config.loader import FOLDERS, Faulty, Raw
from config.schema import KEY, KEY_WORDS
from contactcentre import authors, configuration_drafts, configurations, looking, uploads
from contactcentre.configurations import Version
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("configuration", __name__, url_prefix="/admin/configuration")
#: characters of a file that are changed in the browser; a longer one is sent as a file
LONGEST_EDITED = 100_000
LONGEST_DEPARTMENT = 80
DEPARTMENTS = "departments"


@blueprint.get("")
@requires(Action.CONFIGURE)
def overview() -> str:
    """Show the files of the active version, the viewer's drafts, and the ways to change something."""
    return _overview()


@blueprint.post("/archive")
@requires(Action.CONFIGURE)
def send_archive() -> Response:
    """Make a draft of an archive: the whole folder, or files that are put into the active version."""
    who = viewer()
    try:
        sent = uploads.archive(_bytes("archive"))
        whole = request.form.get("holds", "whole") == "whole"

        def work(uow: UnitOfWork) -> str:
            base = configurations.begun_with(uow.session, sent.mark) or _active(uow)
            files = sent.files if whole else {**base.raw, **sent.files}
            return _at(configuration_drafts.keep(uow.session, who, files, base=base))

        return change(work)
    except DomainError as error:
        return _refused(error, part="archive")


@blueprint.post("/files")
@requires(Action.CONFIGURE)
def send_files() -> Response:
    """Make a draft of single files, which replace those of the same name or are added."""
    who, folder = viewer(), request.form.get("folder", DEPARTMENTS)
    try:
        if folder not in ("", *FOLDERS):
            raise Invalid(f"Choose the folder: {', '.join(FOLDERS)}.", field="folder")
        sent = uploads.single(_sent("files"), folder=folder)

        def work(uow: UnitOfWork) -> str:
            base = _active(uow)
            return _at(configuration_drafts.keep(uow.session, who, {**base.raw, **sent}, base=base))

        return change(work)
    except DomainError as error:
        return _refused(error, part="files")


@blueprint.get("/department")
@requires(Action.CONFIGURE)
def department() -> Response:
    """Open the editor with a file for a new department, filled in so far that it could be activated as it is."""
    key, name = request.args.get("department", "").strip(), " ".join(request.args.get("name", "").split())
    with container().db.reader() as session:
        base = configurations.active(session)
    assert base is not None, "who has logged in works by a version"
    file = f"{DEPARTMENTS}/{key}.toml"
    try:
        if not KEY.fullmatch(key) or len(key) > LONGEST_DEPARTMENT:
            raise Invalid(f"The key {key!r} is not allowed; write {KEY_WORDS}.", field="department")
        if not name.isprintable() or not 1 <= len(name) <= LONGEST_DEPARTMENT:
            raise Invalid(f"Write the department's name, in at most {LONGEST_DEPARTMENT} characters.", field="name")
        if file in base.raw:
            raise Invalid(f"{file} is there already; open it below, or choose another key.", field="department")
    except Invalid as error:
        return _refused(error, part="department")
    return make_response(_editor(file, _department_text(key, name), parent=base.number))


@blueprint.get("/file")
@requires(Action.CONFIGURE)
def file() -> str:
    """Show one file of the active version, or of a draft, to be changed."""
    name, draft = request.args.get("name", ""), _number(request.args.get("draft", ""))
    with container().db.reader() as session:
        if draft:
            found = configuration_drafts.find(session, viewer(), draft)
            raw, parent = found.raw, found.parent
        else:
            active = configurations.active(session)
            assert active is not None, "who has logged in works by a version"
            raw, parent = active.raw, active.number
    if name not in raw:
        abort(404)
    faults = [one for one in looking.read_faults(loader.faults(raw)) if one.file == name] if draft else []
    return _editor(name, raw[name], parent=parent, draft=draft, there=True, faults=faults)


@blueprint.post("/file")
@requires(Action.CONFIGURE)
def save_file() -> Response:
    """Make a draft in which one file is as it was typed."""
    name, text = request.form.get("name", "").strip(), request.form.get("text", "")
    try:
        faults = uploads.name_faults(name)
        if len(text) > LONGEST_EDITED or "\x00" in text:
            faults.append(f"{name}: (file): is longer than {LONGEST_EDITED} characters; send it as a file")
        if faults:
            raise Faulty(faults)
        return _drafted({name: text})
    except DomainError as error:
        there = request.form.get("there") == "yes"
        parent, draft = _number(request.form.get("parent", "")), _number(request.form.get("draft", ""))
        page = _editor(name, text, parent=parent, draft=draft, there=there, error=str(error))
        return make_response(page, 409 if isinstance(error, Stale) else 422)


@blueprint.post("/file/remove")
@requires(Action.CONFIGURE)
def remove_file() -> Response:
    """Make a draft without one file."""
    try:
        return _drafted({request.form.get("name", ""): None})
    except DomainError as error:
        return _refused(error, part="files")


def _drafted(put: Mapping[str, str | None]) -> Response:
    """Put files into the draft or the version that the form was opened on; None takes one out."""
    who, draft, parent = viewer(), _number(request.form.get("draft", "")), _number(request.form.get("parent", ""))

    def work(uow: UnitOfWork) -> str:
        base: Version | None = None
        raw: Raw
        if draft:
            found = configuration_drafts.find(uow.session, who, draft)
            base, raw = configurations.numbered(uow.session, found.parent), found.raw
        else:
            base = configurations.numbered(uow.session, parent)
            raw = base.raw
        kept = {name: text for name, text in raw.items() if name not in put}
        typed = {name: _lines(text, raw.get(name, "")) for name, text in put.items() if text is not None}
        made = configuration_drafts.keep(uow.session, who, {**kept, **typed}, base=base)
        if draft:
            configuration_drafts.discard(uow.session, who, draft)
        return _at(made)

    return change(work)


def _lines(text: str, before: str) -> str:
    """Return a typed text with the ends of lines that the file had: browsers send every one as CR LF."""
    plain = text.replace("\r\n", "\n")
    plain = plain if plain.endswith("\n") or not plain else f"{plain}\n"
    return plain.replace("\n", "\r\n") if "\r\n" in before else plain


def _active(uow: UnitOfWork) -> Version:
    found = configurations.active(uow.session)
    if found is None:
        raise configurations.NoConfiguration(configurations.NONE_YET)
    return found


def _at(draft: int) -> str:
    return url_for("drafts.page", number=draft)


def _bytes(name: str) -> bytes:
    found = _sent(name)
    return found[0][1]


def _sent(name: str) -> list[tuple[str, bytes]]:
    """Return the files of a form, each read no further than may be, and set back for whoever reads them again."""
    found = []
    for one in request.files.getlist(name):
        if one.filename:
            found.append((one.filename, one.stream.read(uploads.LARGEST_UPLOAD + 1)))
            one.stream.seek(0)
    if not found:
        raise Invalid("Choose a file to send.", field=name)
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _department_text(key: str, name: str) -> str:
    language = container().city.organisation.default_language
    quoted = {"name": json.dumps(name, ensure_ascii=False), "words": json.dumps(name.casefold(), ensure_ascii=False)}
    return render_template("admin/department.toml", key=key, plain=name, language=language, **quoted)


def _refused(error: DomainError, *, part: str) -> Response:
    page = _overview(error=error, part=part)
    return make_response(page, 409 if isinstance(error, Stale) else 422)


def _overview(*, error: DomainError | None = None, part: str = "") -> str:
    with container().db.reader() as session:
        active = configurations.row(session)
        names = authors.signed(session, [active.author])
        drafts = configuration_drafts.own(session, viewer())
    folders = groupby(sorted(active.content["files"], key=_order), key=lambda name: name.rpartition("/")[0])
    return render_template(
        "admin/configuration.html",
        active=active,
        author=names[active.author],
        drafts=[_told(one, active) for one in drafts],
        folders=[(folder, list(every)) for folder, every in folders],
        choices=FOLDERS,
        part=part,
        error=error,
        faults=error.faults if isinstance(error, Faulty) else (),
        values=request.values,
        form_key=new_key(),
    )


def _told(draft: ConfigurationDraft, active: ConfigurationVersion) -> Mapping[str, object]:
    """Return how a list tells a draft: by the files that it changes, while it is of the active version."""
    names = f"made from version {draft.parent}, which is not active any more"
    if draft.parent == active.number:
        found = configuration_drafts.changed(active.content["files"], draft.content["files"])
        names = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return {"id": draft.id, "created_at": draft.created_at, "names": names}


def _order(name: str) -> tuple[bool, str, str]:
    """Departments first: they are what is changed most."""
    folder = name.rpartition("/")[0]
    return (folder != DEPARTMENTS, folder, name)


def _editor(
    name: str,
    text: str,
    *,
    parent: int,
    draft: int = 0,
    there: bool = False,
    faults: list[looking.Fault] | None = None,
    error: str = "",
) -> str:
    return render_template(
        "admin/configuration_file.html",
        name=name,
        text=text,
        parent=parent,
        draft=draft,
        there=there,
        faults=faults or [],
        error=error,
        longest=LONGEST_EDITED,
        too_long=len(text) > LONGEST_EDITED,
        rows=min(max(text.count("\n") + 2, 12), 30),
        form_key=new_key(),
    )
