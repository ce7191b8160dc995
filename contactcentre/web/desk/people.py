"""How an agent wants to be told, their leave and their hours: their own page, and that of those they supervise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import availability, clock, staff
from cases.errors import DomainError, Invalid, NotFound
from contactcentre.db import UnitOfWork
from contactcentre.phones import phone_of
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room, work
from contactcentre.web.formatting import phone as written
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_DAY = 24 * 60
FORMS = ("contact", "leave", "end", "hours", "tags", "cap", "switch")


@blueprint.get("/people/me")
@requires("signed_in")
def me() -> str:
    """Show the viewer's own page."""
    return _show(viewer().id or 0)


@blueprint.get("/people/<int:agent_id>")
@requires("signed_in")
def person(agent_id: int) -> str:
    """Show somebody whom the viewer plans for."""
    return _show(agent_id)


@blueprint.post("/people/me/contact")
@requires("signed_in")
def contact() -> AnyResponse:
    """Set the viewer's telephone, and whether text messages go there."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        number = phone_of(form.get("phone", ""), container().city.organisation)
        staff.set_contact(uow.session, viewer(), phone=number, notify_by=form.get("notify_by", ""))
        return url_for("desk.me")

    return or_again(viewer().id or 0, work)


@blueprint.post("/people/<int:agent_id>/leave")
@requires("signed_in")
def leave(agent_id: int) -> AnyResponse:
    """Note that somebody is away, both days included."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        since, until = _day("since"), _day("until") + timedelta(days=1)
        stand_in = form.get("stand_in", "")
        staff.add_leave(
            uow.session,
            viewer(),
            agent_id=agent_id,
            since=_midnight(since),
            until=_midnight(until),
            stand_in_id=int(stand_in) if stand_in.isascii() and stand_in.isdigit() and len(stand_in) < 19 else None,
            reason=form.get("reason", ""),
            returns=form.get("returns", "yes") != "no",
        )
        return page_of(agent_id)

    return or_again(agent_id, work)


@blueprint.post("/people/leave/<int:absence_id>/end")
@requires("signed_in")
def end_leave(absence_id: int) -> AnyResponse:
    """End somebody's leave now."""
    return change(lambda uow: page_of(staff.end_leave(uow.session, viewer(), absence_id=absence_id)))


@blueprint.post("/people/<int:agent_id>/hours")
@requires("signed_in")
def hours(agent_id: int) -> AnyResponse:
    """Set somebody's own hours."""

    def work(uow: UnitOfWork) -> str:
        every = [(day, *one) for day in range(7) for one in windows_of(request.form.get(f"day{day}", ""))]
        staff.set_hours(uow.session, viewer(), agent_id=agent_id, shifts=every)
        return page_of(agent_id)

    return or_again(agent_id, work)


def windows_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield opening and closing as minutes from ``08:00-12:00, 13:00-17:00``; an earlier closing is the next day's."""
    for part in filter(None, (one.strip() for one in text.split(","))):
        found = _WINDOW.fullmatch(part)
        numbers = [int(one) for one in found.groups()] if found else []
        if not found or numbers[1] > 59 or numbers[3] > 59:
            raise Invalid("Write hours as 08:00-17:00, several with a comma between them.", field="hours")
        opens, closes = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
        if opens >= _DAY or closes > _DAY:
            raise Invalid("A day ends at 24:00.", field="hours")
        yield opens, closes if closes > opens else closes + _DAY


def or_again(agent_id: int, work: Callable[[UnitOfWork], str]) -> AnyResponse:
    """Make a change on somebody's page, or show the page again with what is wrong."""
    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        return make_response(_show(agent_id, error), 422)


def _show(agent_id: int, error: DomainError | None = None) -> str:
    city = container().city
    with container().db.reader() as session:
        shown = staff.profile(session, viewer(), agent_id=agent_id)
        today = clock.now(session).astimezone(room.zone_of(city)).date()
        planned, everybody = staff.people(session, viewer()), staff.everybody(session)
        working = work.load(session, viewer(), city=city, agent_id=agent_id)
        loaded = availability.of_agents(session, [one for one, _ in planned], city=city) if planned else {}
    return render_template(
        "desk/person.html",
        person=shown,
        own=agent_id == viewer().id,
        phone=request.form.get("phone", written(shown.phone or "", city.organisation.region)),
        notify_by=request.form.get("notify_by", shown.notify_by),
        days=[(name, request.form.get(f"day{day}", hours_words(shown.shifts, day))) for day, name in enumerate(DAYS)],
        stand_ins=[one for one in everybody if one[0] != agent_id],
        planned=[loaded[one] for one, _ in planned if one in loaded],
        work=working,
        presence=work.presence,
        today=today.isoformat(),
        error=error,
        keys={form: new_key() for form in FORMS},
    )


def page_of(agent_id: int) -> str:
    """Return the address of somebody's page."""
    return url_for("desk.me") if agent_id == viewer().id else url_for("desk.person", agent_id=agent_id)


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Invalid("Choose the first and the last day.", field=name) from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=room.zone_of(container().city))


def hours_words(shifts: Sequence[tuple[int, int, int]], wanted: int) -> str:
    """Return the hours of one weekday as a form holds them."""
    return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for day, opens, closes in shifts if day == wanted)


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= _DAY else minutes - _DAY
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
