"""The reports: what each says of a period, with definitions, charts and tables, and the rows behind every number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import Invalid, NotFound
from cases.figures.definitions import DEFINITIONS
from cases.permissions import Action
from cases.queries.figures import departments
from cases.queries.reports import catalogue
from cases.queries.reports.asked import Asked, ask
from cases.reports.naming import CHANNELS, HEADS
from cases.reports.rhythms import RHYTHMS
from cases.reports.saying import said
from cases.reports.values import By, Drill, Report
from contactcentre import report_table
from contactcentre.web.board import blueprint, charts, subscriptions
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys

#: what of an address says what is asked for
FIELDS = ("from", "to", "by", "department", "service", "channel")


@blueprint.get("/reports")
@requires(Action.FIGURES)
def reports() -> str:
    """List the reports, and what of them is sent by mail."""
    return subscriptions.list_page()


@blueprint.get("/reports/<name>")
@requires(Action.FIGURES)
def report(name: str) -> AnyResponse:
    """Show one report of a period."""
    return answer(name, lambda session: catalogue.make(name, read(session)), lambda made: make_response(_page(made)))


@blueprint.get("/reports/<name>.csv")
@requires(Action.FIGURES)
def report_file(name: str) -> AnyResponse:
    """Give the same numbers as a table to keep."""
    return answer(name, lambda session: catalogue.make(name, read(session)), _file)


def answer(name: str, make: Callable[[Session], Any], show: Callable[[Any], AnyResponse]) -> AnyResponse:
    """Show what is asked for; a form that cannot be used comes back as it was filled in."""
    try:
        with container().db.reader() as session:
            made = make(session)
        return show(made)
    except (Invalid, NotFound) as error:
        kind = catalogue.REPORTS.get(name)
        page = _form_page(name, kind.title if kind else "Report", error=str(error), field=error.field or "")
        return make_response(page, 422 if isinstance(error, Invalid) else 404)


def read(session: Session) -> Asked:
    """Read from the address what is asked for."""
    by = request.args.get("by", "") or By.DEPARTMENT
    if by not in list(By):
        raise Invalid(f"Choose one of {', '.join(By)}.", field="by")
    return ask(
        session,
        viewer(),
        city=container().city,
        since=_day("from"),
        until=_day("to"),
        by=By(by),
        **{name: _narrowed(name) for name in ("department", "service", "channel")},
    )


def drill_address(report: Report, drill: Drill) -> str:
    """Return where the rows behind a number are."""
    asked: dict[str, str | None] = {"from": str(report.since), "to": str(report.until), "report": report.name}
    asked |= {"measure": drill.measure, "part": drill.part, "area": drill.area}
    for name in ("department", "service", "channel"):
        narrowed = getattr(drill, name)
        asked[name] = getattr(report, name) if narrowed is None else narrowed
    return url_for("board.report_rows", **{key: _kept(value) for key, value in asked.items()})  # type: ignore[arg-type]


def _kept(value: str | None) -> str | None:
    """Return a value as an address keeps it: nothing for any, a hyphen for none."""
    return "-" if value == "" else value


def _file(made: Report) -> AnyResponse:
    return csv_file(report_table.text(made), f"report-{made.name}-{made.since}-{made.until}.csv")


def csv_file(text: str, name: str) -> AnyResponse:
    """Return a table as a file to keep."""
    found = Response(text, mimetype="text/csv")
    found.headers.set("Content-Disposition", "attachment", filename=name)
    return found


def _page(made: Report) -> str:
    return _form_page(made.name, made.title, made=made, drawn=[charts.drawn(one) for one in made.charts])


def _form_page(
    name: str, title: str, *, made: Report | None = None, error: str = "", field: str = "", **more: Any
) -> str:
    city = container().city
    asked = {one: request.args.get(one, "") for one in FIELDS}
    if made is not None:
        asked |= {"from": str(made.since), "to": str(made.until), "by": made.by.value}
    services = [one for department in city.departments.values() for one in department.services]
    return render_template(
        "board/reports/report.html",
        name=name,
        title=title,
        tells=catalogue.REPORTS[name].tells if name in catalogue.REPORTS else "",
        report=made,
        asked=asked,
        kept={key: value for key, value in asked.items() if value},
        error=error,
        field=field,
        departments=departments(viewer(), city),
        services=sorted(services, key=lambda one: one.name),
        channels=CHANNELS,
        ways=HEADS,
        reports=catalogue.REPORTS,
        defined=DEFINITIONS,
        said=said,
        drill=drill_address,
        sent=subscriptions.mine(name),
        rhythms=RHYTHMS,
        keys=Keys(),
        **more,
    )


def _narrowed(name: str) -> str | None:
    """Return one department, service or channel; rows say by themselves where they are of none."""
    value = request.args.get(name, "")
    return None if value in ("", "-") else value


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
