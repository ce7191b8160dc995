"""People from a file: looked at first, then made; the invitations given out once."""

from __future__ import annotations

from functools import partial

from flask import Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import DomainError, Invalid, NotFound
from cases.permissions import Action
from contactcentre import people_file, people_import
from contactcentre.db import UnitOfWork
from contactcentre.people_file import Reading
from contactcentre.web.context import container, viewer
from contactcentre.web.desk.returning import nudge
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, first_time, new_key
from contactcentre.web.staff import blueprint


@blueprint.get("/import")
@requires(Action.CONFIGURE)
def import_page() -> str:
    """Ask for the file."""
    return _ask()


@blueprint.get("/import/sample.csv")
@requires(Action.CONFIGURE)
def sample() -> Response:
    """Give a file that can be filled in."""
    return _file(people_file.sample(container().city), "people.csv")


@blueprint.post("/import/look")
@requires(Action.CONFIGURE)
def look() -> AnyResponse:
    """Show every fault of the file, or what it would make and change. Nothing is changed."""
    try:
        text = _text()
        reading = people_file.read(text, container().city)
    except Invalid as error:
        return make_response(_ask(error), 422)
    return make_response(_review(text, reading), 422 if reading.faults else 200)


@blueprint.post("/import")
@requires(Action.CONFIGURE)
def make() -> AnyResponse:
    """Make what was looked at."""
    form, site = request.form, container()
    try:
        text = _text()
        reading = people_file.read(text, site.city)
    except Invalid as error:
        return make_response(_ask(error), 422)
    if reading.faults:
        return make_response(_review(text, reading), 422)
    ticked, by_sms = frozenset(form.getlist("update")), form.get("by") == "sms"

    def work(uow: UnitOfWork) -> str:
        done = people_import.make(uow.session, viewer(), site, rows=reading.rows, ticked=ticked, by_sms=by_sms)
        for account in done.accounts:
            uow.after_commit(partial(nudge, account))
        return url_for("staff.imported", import_id=done.id)

    try:
        return change(work)
    except DomainError as error:
        return make_response(_review(text, reading, error=error), 422)


@blueprint.get("/import/<int:import_id>")
@requires(Action.CONFIGURE)
def imported(import_id: int) -> str:
    """Show what was made of a file."""
    return _made(import_id)


@blueprint.post("/import/<int:import_id>/links")
@requires(Action.CONFIGURE)
def links(import_id: int) -> AnyResponse:
    """Give the invitations out as a file, once."""
    site = container()

    def work(uow: UnitOfWork) -> str:
        return people_import.take_links(uow.session, viewer(), site, import_id=import_id)

    try:
        given = first_time(work)
    except NotFound:
        raise
    except DomainError as error:
        return make_response(_made(import_id, error), 422)
    return _file(given, "invitations.csv") if given is not None else make_response(_made(import_id))


def _ask(error: Invalid | None = None) -> str:
    return render_template("admin/people_import.html", error=error, columns=people_file.COLUMNS)


def _review(text: str, reading: Reading, *, error: DomainError | None = None) -> str:
    with container().db.reader() as session:
        offers = () if reading.faults else people_import.plan(session, viewer(), reading.rows)
    return render_template(
        "admin/people_review.html",
        text=text,
        faults=reading.faults,
        offers=offers,
        ticked=frozenset(request.form.getlist("update")),
        error=error,
        key=new_key(),
    )


def _made(import_id: int, error: DomainError | None = None) -> str:
    with container().db.reader() as session:
        row = people_import.made(session, viewer(), import_id)
    return render_template("admin/people_made.html", row=row, error=error, key=new_key())


def _text() -> str:
    """Return the file's text: of the file that was chosen, or as the page before carried it."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return people_file.decode(file.stream.read(people_file.LARGEST + 1))
    text = request.form.get("text", "")
    if not text.strip():
        raise Invalid("Choose a CSV file.", field="file")
    return people_file.decode(text.encode())


def _file(text: str, name: str) -> Response:
    answer = Response("\ufeff" + text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
