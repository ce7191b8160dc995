"""The rows behind a number of a report, a page at a time, and all of them as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from cases.errors import Invalid
from cases.permissions import Action
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.rows import Found, Page, Place, rows
from cases.reports.naming import called, kind
from cases.reports.saying import hours
from cases.reports.values import By, Drill
from contactcentre import report_table
from contactcentre.web.board import blueprint
from contactcentre.web.board.reports import answer, csv_file, read
from contactcentre.web.context import container
from contactcentre.web.permissions import requires

#: as many go into a file; who wants more chooses fewer days
MOST = 50_000
_WORDS = {
    "opened": "Opened",
    "contacts": "Contacts",
    "resolved": "Resolved, and not reopened",
    "reopened": "Resolved, and reopened since",
    "closed": "Closed",
    "rated": "Rated",
    "first_contact": "Resolutions",
    "met": "Met",
    "breached": "Broken",
    "waived": "Waived",
    "backlog": "Waiting",
    "first_response": "First responses",
    "next_response": "Next responses",
    "first_resolution": "First resolutions",
    "leg": "Times with a department",
}
_PROMISES = ("met", "breached", "waived")
#: what of a drill stands in an address
_NARROWED = ("part", "department", "service", "channel", "area")


@blueprint.get("/reports/rows")
@requires(Action.FIGURES)
def report_rows() -> Response:
    """Show the rows behind a number, newest first."""

    def make(session: Session) -> tuple[Asked, Page]:
        asked = read(session)
        return asked, rows(asked, _drill(), after=_after())

    return answer(request.args.get("report", ""), make, lambda made: make_response(_shown(*made)))


@blueprint.get("/reports/rows.csv")
@requires(Action.FIGURES)
def report_rows_file() -> Response:
    """Give the rows behind a number as a table to keep."""

    def make(session: Session) -> str:
        return report_table.rows_text(_every(read(session)), container().city)

    name = f"rows-{request.args.get('measure', '')}.csv"
    return answer(request.args.get("report", ""), make, lambda text: csv_file(text, name))


def _every(asked: Asked) -> Iterator[Found]:
    after, given = None, 0
    while given < MOST:
        page = rows(asked, _drill(), after=after, limit=1000)
        yield from page.rows
        given, after = given + len(page.rows), page.next
        if after is None:
            return


def _drill() -> Drill:
    asked = {name: _narrowed(name) for name in _NARROWED}
    return Drill(request.args.get("measure", ""), **asked)


def _narrowed(name: str) -> str | None:
    value = request.args.get(name, "")
    return None if not value else "" if value == "-" else value


def _after() -> Place | None:
    text = request.args.get("after", "")
    if not text:
        return None
    try:
        day, case_id, number, part = text.split("~", 3)
        return Place(date.fromisoformat(day), int(case_id), part, int(number))
    except ValueError:
        raise Invalid("This page does not exist; begin with the first.", field="after") from None


def _shown(asked: Asked, page: Page) -> str:
    given: dict[str, Any] = {key: value for key, value in request.args.items() if value and key != "after"}
    report = given.get("report", "")
    after = page.next and f"{page.next.day}~{page.next.case_id}~{page.next.number}~{page.next.part}"
    back = {key: given[key] for key in ("from", "to", "department", "service", "channel") if given.get(key, "-") != "-"}
    return render_template(
        "board/reports/rows.html",
        asked=asked,
        page=page,
        words=_words(asked, _drill()),
        title=REPORTS[report].title if report in REPORTS else "Reports",
        back=url_for("board.report", name=report, **back) if report in REPORTS else url_for("board.reports"),
        file=url_for("board.report_rows_file", **given),
        next=after and url_for("board.report_rows", **given, after=after),
        called=lambda by, key: called(asked.city, By(by), key),
        kind=kind if _drill().measure in _PROMISES else lambda part: part,
        hours=hours,
    )


def _words(asked: Asked, drill: Drill) -> str:
    found = [_WORDS.get(drill.measure, drill.measure)]
    if drill.part:
        found.append(kind(drill.part) if drill.measure in _PROMISES else drill.part)
    for by in By:
        key = getattr(drill, by.value)
        if key is not None:
            found.append(called(asked.city, by, key))
    return ", ".join(found)
