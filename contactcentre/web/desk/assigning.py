"""The two buttons above the queue: take the next case, and be away or back."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import assignment, availability, references
from cases.errors import Invalid
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change

STATES = {"away": True, "available": False}


@blueprint.post("/next")
@requires(Action.ASSIGN)
def take_next() -> AnyResponse:
    """Give the viewer the next case that nobody owns, and show it; where there is none, say so."""

    def work(uow: UnitOfWork) -> str:
        found = assignment.take_next(uow.session, viewer(), container().city)
        return room.case_address(found.reference) if found else url_for("desk.home", next="none")

    return change(work)


@blueprint.post("/availability")
@requires("signed_in")
def switch() -> AnyResponse:
    """Say that the viewer is away, or back, and return to where they were."""
    away, reference = state(), references.parse(request.form.get("case", ""))
    query = request.query_string.decode("latin-1")

    def work(uow: UnitOfWork) -> str:
        availability.switch(uow.session, viewer(), agent_id=viewer().id or 0, away=away)
        home = url_for("desk.home") + (f"?{query}" if query else "")
        return room.case_address(reference, query) if reference else home

    return change(work)


def state() -> bool:
    """Return whether the form says away; raises ``Invalid`` for another word."""
    found = STATES.get(request.form.get("state", ""))
    if found is None:
        raise Invalid("Choose available or away.", field="state")
    return found
