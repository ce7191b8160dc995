"""Reports by mail: asked for beside a report, ended in the list of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from cases.errors import DomainError, NotFound
from cases.permissions import Action
from cases.queries.figures import departments
from cases.queries.reports import catalogue
from cases.reports import subscribing
from cases.reports.rhythms import RHYTHMS
from contactcentre.db import UnitOfWork
from contactcentre.web.board import blueprint
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys, change


@dataclass(frozen=True, slots=True)
class Sent:
    """One report that the viewer is sent."""

    id: int
    report: str
    words: str
    address: str
    next_day: date


@blueprint.post("/reports/<name>/mail")
@requires(Action.FIGURES)
def subscribe(name: str) -> Response:
    """Have a report sent from now on."""
    asked = {field: request.form.get(field, "") for field in ("department", "rhythm", "address")}

    def work(uow: UnitOfWork) -> str:
        subscribing.subscribe(uow.session, viewer(), city=container().city, report=name, **asked)
        return url_for("board.reports") + "#mailed"

    return _done(work)


@blueprint.post("/reports/mail/<int:number>/end")
@requires(Action.FIGURES)
def unsubscribe(number: int) -> Response:
    """Have a report sent no more."""

    def work(uow: UnitOfWork) -> str:
        subscribing.end(uow.session, viewer(), number=number)
        return url_for("board.reports") + "#mailed"

    return _done(work)


def mine(report: str = "") -> Sequence[Sent]:
    """Return what the viewer is sent, of one report or of all."""
    with container().db.reader() as session:
        return [
            Sent(one.id, one.report, _words(one.rhythm, one.department), one.address, one.next_day)
            for one in subscribing.of(session, viewer())
            if report in ("", one.report) and one.report in catalogue.REPORTS
        ]


def _words(rhythm: str, department: str) -> str:
    """Return how often it is sent and of which department, by the name that it has now."""
    city, often = container().city, RHYTHMS[rhythm]
    known = not department or department in dict(departments(viewer(), city))
    gone = "" if known else " (no such department any more, or none whose figures you may see)"
    return f"{often}, {city.department_name(department)}{gone}" if department else often


def list_page(error: str = "") -> str:
    """Return the page that lists the reports and what is sent of them."""
    asked = {"reports": catalogue.REPORTS, "sent": mine(), "keys": Keys(), "error": error}
    return render_template("board/reports/list.html", **asked)


def _done(work: Callable[[UnitOfWork], str]) -> Response:
    """Do what a form asks; one that cannot be used is said so above the list."""
    try:
        return change(work)
    except DomainError as error:
        return make_response(list_page(str(error)), 404 if isinstance(error, NotFound) else 422)
