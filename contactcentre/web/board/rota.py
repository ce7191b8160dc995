"""The rota: a department's week of shifts, leave and stand-ins, where nobody is there, and hours to change."""

from __future__ import annotations

from datetime import date, timedelta

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, staff
from cases.errors import DomainError, Invalid, NotFound
from cases.permissions import Action
from cases.queries import rota as query
from cases.queries.rota import Line, Week
from cases.reviews.drawing import WEEK, monday
from cases.sla.calendar import Span
from contactcentre.db import UnitOfWork
from contactcentre.web.board import blueprint, steering
from contactcentre.web.context import container, viewer
from contactcentre.web.desk.people import DAYS, hours_words, windows_of
from contactcentre.web.desk.room import zone_of
from contactcentre.web.formatting import clock_time
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key


@blueprint.get("/rota")
@requires(Action.STEER)
def rota() -> str:
    """Show a week."""
    return _page()


@blueprint.post("/rota/<int:agent_id>/hours")
@requires(Action.STEER)
def rota_hours(agent_id: int) -> AnyResponse:
    """Set somebody's own weekly hours."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        every = [(day, *one) for day in range(7) for one in windows_of(form.get(f"day{day}", ""))]
        staff.set_hours(uow.session, viewer(), agent_id=agent_id, shifts=every)
        return url_for("board.rota", department=form.get("department") or None, week=form.get("week") or None)

    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        return make_response(_page(error, wrong=agent_id), 422)


def _page(error: DomainError | None = None, *, wrong: int = 0) -> str:
    city, offered, values = container().city, steering.departments(), request.values
    with container().db.reader() as session:
        chosen = values.get("department") or steering.one_of(session, offered)
        today = clock.now(session).astimezone(zone_of(city)).date()
        first = _week(values.get("week", ""), today)
        how = {"city": city, "department": chosen, "monday": first}
        week: Week | None = query.week(session, viewer(), **how) if chosen else None  # type: ignore[arg-type]
    return render_template(
        "board/rota.html",
        week=week,
        first=first,
        before=first - WEEK,
        after=first + WEEK,
        today=today,
        departments=offered,
        asked=chosen,
        names=DAYS,
        spans=_spans,
        written=lambda line: _written(line, wrong),
        error=error,
        wrong=wrong,
        key=new_key(),
    )


def _spans(spans: list[Span]) -> list[str]:
    zone = zone_of(container().city)
    return [f"{clock_time(one.start, zone)} to {_end(one, clock_time(one.end, zone))}" for one in spans]


def _end(span: Span, text: str) -> str:
    return "24:00" if text == "00:00" else text


def _written(line: Line, wrong: int) -> list[tuple[str, str]]:
    """Return a line's weekly hours as its form holds them: the form that could not be used, as it was sent."""
    sent = request.form if line.agent_id == wrong else {}
    return [(name, sent.get(f"day{day}", hours_words(line.shifts, day))) for day, name in enumerate(DAYS)]


def _week(text: str, today: date) -> date:
    if not text:
        return monday(today)
    try:
        found = monday(date.fromisoformat(text))
    except ValueError:
        raise Invalid("Write the week as the day it begins with, such as 2026-03-02.", field="week") from None
    if not abs(found - today) <= timedelta(days=366):
        raise Invalid("Choose a week of the year around today.", field="week")
    return found
