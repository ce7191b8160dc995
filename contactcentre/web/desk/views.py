"""Saved views: kept from the queue as it is narrowed, counted when they are looked at, put in order, begun with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, preferences, saved_views, together
from cases.departments import City
from cases.errors import Invalid
from cases.permissions import Action, Viewer
from cases.queries import queue
from cases.queries.narrowing import VIEWS
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, narrowing, room
from contactcentre.web.desk.returning import number
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change

WHAT: Mapping[str, Callable[[Session, Viewer, int], None]] = {
    "up": saved_views.move_up,
    "remove": saved_views.forget,
    "begin": lambda session, who, view_id: preferences.begin_with(
        session, who, view=f"{preferences.SAVED}{saved_views.find(session, who, view_id).id}"
    ),
    "rename": lambda session, who, view_id: saved_views.rename(
        session, who, view_id, name=request.form.get("name", "")
    ),
}


@blueprint.get("/views")
@requires(Action.READ)
def saved() -> str:
    """Show the saved views with how many cases each holds; a search is not counted."""
    city = container().city
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        numbers = _numbers(session, viewer(), city)
    return render_template("desk/views.html", room=shown, city=city, numbers=numbers, most=queue.MOST_COUNTED)


@blueprint.post("/views")
@requires(Action.READ)
def keep_view() -> AnyResponse:
    """Keep the queue as it is narrowed, under a name: for oneself, or for a department."""
    form, zone = request.form, room.zone_of(container().city)
    given = {name: value for name, value in parse_qsl(form.get("narrowed", "")) if name in narrowing.FIELDS}
    kept = narrowing.kept(narrowing.asked(given, zone=zone), zone=zone)

    def work(uow: UnitOfWork) -> str:
        shared = form.get("share") or None
        saved_views.keep(uow.session, viewer(), name=form.get("name", ""), narrowed=kept, department=shared)
        return url_for("desk.home", **kept)  # type: ignore[arg-type]

    return change(work)


@blueprint.post("/views/change")
@requires(Action.READ)
def change_view() -> AnyResponse:
    """Rename a view, move it up, remove it, or begin with it."""
    act, view_id = WHAT.get(request.form.get("what", "")), number("id")
    if act is None or view_id is None:
        raise Invalid("Choose one of your views, and what to do with it.", field="what")

    def work(uow: UnitOfWork) -> str:
        act(uow.session, viewer(), view_id)
        return url_for("desk.saved")

    return change(work)


@blueprint.post("/views/begin")
@requires(Action.READ)
def begin_with() -> AnyResponse:
    """Begin with one of the views that everybody has."""
    wanted = request.form.get("view") or None
    if wanted is not None and wanted not in VIEWS:
        raise Invalid(f"view must be one of {', '.join(VIEWS)}.", field="view")

    def work(uow: UnitOfWork) -> str:
        preferences.begin_with(uow.session, viewer(), view=wanted)
        return url_for("desk.saved")

    return change(work)


def _numbers(session: Session, who: Viewer, city: City) -> Mapping[int, int]:
    now, zone = clock.now(session), room.zone_of(city)
    parts: dict[str, Any] = {}
    for one in session.execute(saved_views.part(who)):
        narrowed = narrowing.asked(one.narrowed, zone=zone)
        if not narrowed.q:
            parts[str(one.id)] = queue.count_part(who, narrowed, now=together.NOW)
    return {int(name): rows[0].number for name, rows in together.read(session, parts, {"now": now}).items()}
