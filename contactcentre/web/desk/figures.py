"""The figures of a period: for supervisors, auditors and executives, with what each of them means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Response, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import Invalid, NotFound
from cases.figures.definitions import DEFINITIONS
from cases.permissions import Action
from cases.queries import figures as queries
from cases.queries.figures import Figures
from contactcentre import figures_table
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.clocks import NAMES
from contactcentre.web.permissions import requires


@blueprint.get("/figures")
@requires(Action.FIGURES)
def figures() -> AnyResponse:
    """Show the figures that the address asks for."""
    return _answer(lambda found: make_response(_page(found)))


@blueprint.get("/figures.csv")
@requires(Action.FIGURES)
def figures_file() -> AnyResponse:
    """Give the same figures as a table to keep."""
    return _answer(_file)


def hours(seconds: float) -> str:
    """Return a length of time in hours and minutes: days of work are no days of the clock."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"


def share(part: float | None) -> str:
    """Return a share in per cent; never rounded up to all, nor down to nothing."""
    if part is None:
        return "–"
    if 0 < part < 0.001 or 0.999 < part < 1:
        return "< 0.1 %" if part < 0.5 else "> 99.9 %"
    return f"{part * 100:.1f} %"


def _answer(show: Callable[[Figures], AnyResponse]) -> AnyResponse:
    """Show what is asked for; a form that cannot be used comes back as it was filled in."""
    try:
        return show(_read())
    except (Invalid, NotFound) as error:
        page = _page(None, error=str(error), field=error.field or "")
        return make_response(page, 422 if isinstance(error, Invalid) else 404)


def _file(found: Figures) -> AnyResponse:
    answer = Response(figures_table.text(found, container().city), mimetype="text/csv")
    name = f"figures-{found.since}-{found.until}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _page(found: Figures | None, *, error: str = "", field: str = "") -> str:
    city = container().city
    asked = {name: request.args.get(name, "") for name in ("from", "to", "department")}
    if found is not None:
        asked |= {"from": str(found.since), "to": str(found.until)}
    return render_template(
        "desk/figures.html",
        figures=found,
        asked=asked,
        error=error,
        field=field,
        departments=queries.departments(viewer(), city),
        defined=DEFINITIONS,
        names=NAMES,
        hours=hours,
        share=share,
    )


def _read() -> Figures:
    department = request.args.get("department") or None
    since, until = _day("from"), _day("to")
    city = container().city
    with container().db.reader() as session:
        return queries.of_period(session, viewer(), city=city, since=since, until=until, department=department)


def _day(field: str) -> date | None:
    text = request.args.get(field, "").strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid("Write the day as 2026-03-06.", field=field) from None
    if not 1970 <= found.year <= 2200:
        raise Invalid("The year must lie between 1970 and 2200.", field=field)
    return found
