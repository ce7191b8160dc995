"""The assembly member's page: what is published of their own area, and concerns that they raise."""

from __future__ import annotations

from functools import partial

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import areas, concerns, references
from cases.dialogue_places import within
from cases.errors import DomainError, Invalid
from cases.permissions import Action
from cases.queries import published
from contactcentre.db import UnitOfWork
from contactcentre.web.board import blueprint
from contactcentre.web.context import container, viewer
from contactcentre.web.desk.returning import nudge
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key


@blueprint.get("/area")
@requires(Action.AREA)
def area() -> str:
    """Show the area's counts and rows, and the viewer's own concerns."""
    return _page()


@blueprint.post("/area/concern")
@requires(Action.AREA)
def raise_concern() -> AnyResponse:
    """Raise a concern: in the case of a row, or as a new case."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        city, text = container().city, form.get("text", "")
        if form.get("row"):
            concerns.join(uow.session, viewer(), city=city, case_id=_number(form["row"]), text=text)
            return url_for("board.area", raised="joined")
        how = {"text": text, "place": form.get("place", ""), "service": form.get("service", "")}
        opened = concerns.open_new(uow.session, viewer(), city=city, **how)
        for account in opened.to_send:
            uow.after_commit(partial(nudge, account))
        return url_for("board.area", raised=references.written(opened.reference))

    try:
        return change(work)
    except DomainError as error:
        return make_response(_page(error), 422)


def _page(error: DomainError | None = None) -> str:
    city, args = container().city, request.args
    before = _number(args["before"]) if args.get("before") else None
    with container().db.reader() as session:
        place = areas.own(session, viewer(), city)
        rows = published.rows(session, city, place, before=before) if place else ()
        counts = published.counts(session, city, place) if place else ()
        raised = concerns.own(session, viewer(), city=city)
    about = request.form.get("row") or args.get("row", "")
    shown = rows[: published.ROWS]
    offered = [(key, _name(key)) for key, _ in published.services(city)]
    return render_template(
        "board/area.html",
        area=place,
        rows=shown,
        more=shown[-1].key if len(rows) > published.ROWS else None,
        counts=counts,
        days=published.DAYS,
        most=published.MOST_OF_A_PLACE,
        families=published.FAMILIES,
        raised=raised,
        told=args.get("raised", "")[:20],
        about=next((one for one in rows if str(one.key) == about), None),
        services=sorted(offered, key=lambda one: one[1]),
        places=sorted(within(city, place)) if place else (),
        form=request.form,
        error=error,
        longest=concerns.LONGEST_WORDS,
        least=concerns.LEAST_WORDS,
        key=new_key(),
    )


def _name(key: str) -> str:
    found = container().city.service(key)
    return found.name if found else key


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("This row is not readable. Go back and choose again.", field="row")
    return int(text)
