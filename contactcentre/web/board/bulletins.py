"""Notes to all colleagues: written, looked at, put up and taken down again."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from cases import bulletins as notes
from cases import clock
from cases.errors import DomainError, Invalid
from cases.permissions import ANY_DEPARTMENT, Action, reach
from contactcentre.db import UnitOfWork
from contactcentre.web.board import blueprint, steering
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import local_time
from contactcentre.web.desk.room import zone_of
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

#: stands for every department in the form
EVERYBODY = "*"
#: a note stands so long unless somebody says otherwise
USUAL = timedelta(hours=8)


@blueprint.get("/notes")
@requires(Action.STEER)
def bulletins() -> AnyResponse:
    """List the notes that stand; with ``try``, show what a new one would be and whom it would reach."""
    return _page(request.args, tried="try" in request.args)


@blueprint.post("/notes")
@requires(Action.STEER)
def put_up() -> AnyResponse:
    """Put up a note."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        how = {"city": container().city, "department": _department(form), "text": form.get("text", "")}
        notes.write(uow.session, viewer(), until=_until(form), **how)  # type: ignore[arg-type]
        return url_for("board.bulletins")

    try:
        return change(work)
    except DomainError as error:
        return _page(form, error=error)


@blueprint.post("/notes/<int:bulletin_id>/down")
@requires(Action.STEER)
def take_down(bulletin_id: int) -> AnyResponse:
    """Take a note down."""

    def work(uow: UnitOfWork) -> str:
        notes.take_down(uow.session, viewer(), bulletin_id)
        return url_for("board.bulletins")

    return change(work)


def _page(values: MultiDict[str, str], *, tried: bool = False, error: DomainError | None = None) -> AnyResponse:
    city, words, reaches = container().city, "", 0
    with container().db.reader() as session:
        now = clock.now(session)
        if tried:
            try:
                how = {"city": city, "department": _department(values), "text": values.get("text", "")}
                words = notes.check(session, viewer(), until=_until(values), **how)  # type: ignore[arg-type]
                reaches = notes.readers(session, _department(values))
            except DomainError as found:
                error = found
        standing = notes.standing(session, viewer())
    everywhere = ANY_DEPARTMENT in {one for one, _ in reach(viewer(), Action.STEER)}
    page = render_template(
        "board/bulletins.html",
        standing=standing,
        departments=steering.departments(),
        everywhere=everywhere,
        everybody=EVERYBODY,
        written={
            "department": values.get("department", ""),
            "text": values.get("text", ""),
            "until": values.get("until", "") or local_time.written(now + USUAL, zone_of(city)),
        },
        words=words,
        reaches=reaches,
        error=error,
        longest=notes.LONGEST_TEXT,
        key=new_key(),
    )
    return make_response(page, 422 if error else 200)


def _department(values: MultiDict[str, str]) -> str | None:
    given = values.get("department", "")
    return None if given == EVERYBODY else given


def _until(values: MultiDict[str, str]) -> datetime:
    if not values.get("until"):
        raise Invalid("Say until when it stands.", field="until")
    return local_time.read(values["until"], zone_of(container().city), field="until")
