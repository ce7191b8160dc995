"""Boards that people lay out: the list of them, and the form by which one is made, changed and removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases.board import layouts as kept
from cases.board.layouts import Wanted
from cases.errors import DomainError, Invalid, NotFound
from cases.models import BoardLayout
from cases.permissions import ANY_DEPARTMENT, Action
from cases.queries import board
from contactcentre.db import UnitOfWork
from contactcentre.web.board import blueprint
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

PARTS: Mapping[str, str] = {
    "totals": "Large numbers of all together",
    "departments": "Departments",
    "calls": "Calls",
    "likely": "Likely to miss today, for who steers",
    "ages": "Age of open cases",
    "hours": "Contacts by hour",
    "agents": "How many agents do what",
    "people": "Agents by name",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form; ``places`` says for each part where it stands, empty where it is not shown."""

    name: str
    places: Mapping[str, str]
    departments: tuple[str, ...]
    seconds: str
    shared_with: str


@blueprint.get("/layouts")
@requires(Action.BOARD)
def layouts() -> str:
    """Show the boards there are, and a form for another one."""
    return _show(_usual())


@blueprint.get("/layouts/<int:layout_id>")
@requires(Action.BOARD)
def layout(layout_id: int) -> str:
    """Show one board of the viewer's own, to be changed; one of somebody else, to be used for another."""
    with container().db.reader() as session:
        row = kept.find(session, viewer(), layout_id)
    return _show(_of(row), row)


@blueprint.post("/layouts")
@requires(Action.BOARD)
def keep_layout() -> AnyResponse:
    """Keep a new board."""

    def work(uow: UnitOfWork) -> str:
        row = kept.keep(uow.session, viewer(), _wanted(), city=container().city)
        return url_for("board.page", layout=row.id)

    return _or_again(work, None)


@blueprint.post("/layouts/<int:layout_id>")
@requires(Action.BOARD)
def change_layout(layout_id: int) -> AnyResponse:
    """Lay out a board anew."""

    def work(uow: UnitOfWork) -> str:
        kept.change(uow.session, viewer(), layout_id, _wanted(), city=container().city)
        return url_for("board.page", layout=layout_id)

    return _or_again(work, layout_id)


@blueprint.post("/layouts/<int:layout_id>/remove")
@requires(Action.BOARD)
def remove_layout(layout_id: int) -> AnyResponse:
    """Remove a board."""

    def work(uow: UnitOfWork) -> str:
        kept.forget(uow.session, viewer(), layout_id)
        return url_for("board.layouts")

    return change(work)


def _or_again(work: Callable[[UnitOfWork], str], layout_id: int | None) -> AnyResponse:
    """Make a change, or show the form again as it was filled in, with what is wrong."""
    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        with container().db.reader() as session:
            row = _row(session, layout_id)
        return make_response(_show(_given(), row, error), 422)


def _row(session: Session, layout_id: int | None) -> BoardLayout | None:
    return None if layout_id is None else kept.find(session, viewer(), layout_id)


def _show(form: Form, row: BoardLayout | None = None, error: DomainError | None = None) -> str:
    city, who = container().city, viewer()
    with container().db.reader() as session:
        known = kept.known(session, who)
    own = row is not None and row.agent_id == who.id
    return render_template(
        "board/layouts.html",
        known=known,
        row=row,
        own=own,
        form=form,
        error=error,
        parts=PARTS,
        departments=[(key, city.department_name(key)) for key in board.keys(who, city) if key],
        sharing=[
            (key, "everybody who has a board" if key == ANY_DEPARTMENT else city.department_name(key))
            for key in kept.sharing(who, city)
        ],
        key=new_key(),
        remove_key=new_key(),
        least=kept.SECONDS[0],
        most=kept.SECONDS[1],
        longest=kept.LONGEST_NAME,
    )


def _usual() -> Form:
    places = {part: str(at) for at, part in enumerate(kept.PARTS, 1)}
    return Form("", places, (), "0", "")


def _of(row: BoardLayout) -> Form:
    places = {part: str(at) for at, part in enumerate(row.parts, 1)}
    return Form(row.name, places, tuple(row.departments), str(row.seconds), row.shared_with or "")


def _given() -> Form:
    form = request.form
    places = {part: form.get(f"place_{part}", "") for part in PARTS}
    return Form(
        form.get("name", ""),
        places,
        tuple(form.getlist("departments")),
        form.get("seconds", ""),
        form.get("shared_with", ""),
    )


def _wanted() -> Wanted:
    given = _given()
    placed = [(_number(text, "parts"), part) for part, text in given.places.items() if text.strip()]
    return Wanted(
        name=given.name,
        parts=[part for _, part in sorted(placed, key=lambda one: one[0])],
        departments=given.departments,
        seconds=_number(given.seconds or "0", "seconds"),
        shared_with=given.shared_with or None,
    )


def _number(text: str, field: str) -> int:
    clean = text.strip()
    if not clean.isascii() or not clean.isdigit() or len(clean) > 6:
        raise Invalid("Write a whole number.", field=field)
    return int(clean)
