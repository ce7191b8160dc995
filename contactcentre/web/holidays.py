"""The page of public holidays: days by year, one of them changed, a notice taken over; looked at before it is saved."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from flask import Blueprint, abort, g, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from cases import clock
from cases.departments import City
from cases.errors import DomainError, Invalid, NotFound, Stale
from cases.permissions import Action
from cases.sla.calendar import Window
from cases.sla.holidays import Holiday
from config.holidays_file import hours
from contactcentre import holidays
from contactcentre.configurations import Version
from contactcentre.db import UnitOfWork
from contactcentre.holiday_notice import WEEKDAYS, read_notice
from contactcentre.holidays import Differs, Edit, Plan
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("holidays", __name__, url_prefix="/admin/holidays")
LONGEST_NOTICE = 50_000
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]|24):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Offer:
    """An edit that may be ticked; ``value`` is how a form carries it."""

    edit: Edit
    value: str
    ticked: bool
    before: Holiday | None
    doubts: tuple[str, ...] = ()

    @property
    def shown(self) -> Holiday | None:
        """What is kept after it, or what is taken out."""
        return self.edit.now or self.before


@blueprint.get("")
@requires(Action.CONFIGURE)
def table() -> str:
    """Show the days of a year."""
    return _table()


@blueprint.get("/day")
@requires(Action.CONFIGURE)
def day() -> str:
    """Show the form of one day that is kept."""
    found = next((one for one in _kept(_key()) if str(one.day) == request.args.get("day")), None)
    if found is None:
        abort(404)
    values = {"was": str(found.day), "date": str(found.day), "name": found.name, "source": found.source}
    values |= {"observed": str(found.observed or ""), "hours": ", ".join(hours(found.hours))}
    return _form({**values, "estimated": "yes" if found.estimated else ""})


@blueprint.post("/look")
@requires(Action.CONFIGURE)
def look() -> Response:
    """Show what a change would do: the day of the form, a notice, or what is ticked of it. Nothing is changed."""
    try:
        offers, unread = _offers()
    except Invalid as error:
        return _again(error)
    return make_response(_review(offers, unread))


@blueprint.post("")
@requires(Action.CONFIGURE)
def save() -> Response:
    """Make what is ticked a new version of the configuration."""
    try:
        offers, unread = _offers()
    except Invalid as error:
        return _again(error)
    key, reason, who = _key(), request.form.get("reason", ""), viewer()
    parent = request.form.get("version", "")

    def work(uow: UnitOfWork) -> str:
        edits = [one.edit for one in offers if one.ticked]
        plan = holidays.plan(uow.session, key, edits, at=clock.now(uow.session))
        shown = int(parent) if parent.isascii() and parent.isdigit() and len(parent) < 10 else 0
        number = holidays.save(uow.session, plan, parent=shown, author=who.actor, reason=reason)
        shown_day = next((one.shown.day for one in offers if one.ticked and one.shown), None)
        return url_for("holidays.table", saved=number, holidays=key, year=shown_day.year if shown_day else None)

    try:
        return change(work)
    except DomainError as error:
        return make_response(_review(offers, unread, error=error), 409 if isinstance(error, Stale) else 422)


def _table(*, error: str = "", notice: Mapping[str, str] | None = None) -> str:
    version, city = _current()
    key = _key()
    kept = sorted(_kept(key), key=lambda one: one.day)
    with container().db.reader() as session:
        today = clock.now(session).date()
    years = sorted({one.day.year for one in kept} | {today.year})
    asked = request.values.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    return render_template(
        "admin/holidays.html",
        city=city,
        key=key,
        keys=sorted(city.holidays),
        days=[one for one in kept if one.day.year == year],
        years=years,
        year=year,
        version=version.number,
        saved=request.args.get("saved", ""),
        calendars=sorted(one.name or one.key for one in city.calendars.values() if one.special),
        error=error,
        notice=notice or {},
        hours=hours,
        weekday=_weekday,
    )


def _form(values: Mapping[str, str], *, error: str = "", field: str = "") -> str:
    return render_template("admin/holiday.html", key=_key(), values=values, error=error, field=field)


def _again(error: Invalid) -> Response:
    """Give a form back as it was filled in."""
    if "notice" in request.form:
        page = _table(error=str(error), notice=request.form)
    elif "offered" in request.form:
        page = _table(error=str(error))
    else:
        page = _form(request.form, error=str(error), field=error.field or "")
    return make_response(page, 422)


def _review(offers: Sequence[Offer], unread: Sequence[str], *, error: DomainError | None = None) -> str:
    edits = [one.edit for one in offers if one.ticked]
    plan: Plan | None = None
    said = str(error) if error else ""
    with container().db.reader() as session:
        try:
            plan = holidays.plan(session, _key(), edits, at=clock.now(session))
        except Invalid as fault:
            said = said or (str(fault) if edits else "")
    return render_template(
        "admin/holidays_review.html",
        key=_key(),
        offers=offers,
        unread=unread,
        plan=plan,
        error=said,
        field=error.field if error else None,
        version=_current()[0].number,
        reason=request.form.get("reason", ""),
        form_key=new_key(),
        hours=hours,
        weekday=_weekday,
    )


def _offers() -> tuple[list[Offer], tuple[str, ...]]:
    """Return the edits that a form offers, and what of its notice could not be read."""
    form = request.form
    if "notice" in form:
        return _of_notice(form.get("notice", ""), form.get("source", ""))
    if "offered" in form:
        ticked = set(form.getlist("take"))
        every = [_offer(value, ticked=str(place) in ticked) for place, value in enumerate(form.getlist("offered"))]
        return every, tuple(form.getlist("unread"))
    was = _day("was", form["was"]) if form.get("was") else None
    now = None if "remove" in form else _holiday(form)
    before = next((one for one in _kept(_key()) if one.day == was), None)
    return [_made(Edit(was, now), before=before)], ()


def _of_notice(text: str, source: str) -> tuple[list[Offer], tuple[str, ...]]:
    said = " ".join(source.split())
    if not text.strip() or len(text) > LONGEST_NOTICE:
        raise Invalid(f"Paste the words of the notice, at most {LONGEST_NOTICE} characters.", field="notice")
    if not said:
        raise Invalid("Say where the notice comes from, such as its office and its date.", field="source")
    reading = read_notice(text, source=said)
    found = holidays.compare(_kept(_key()), reading.proposals)
    offers = [
        _made(
            one.edit,
            before=one.before,
            doubts=one.proposal.doubts,
            ticked=one.state is not Differs.SAME and not one.proposal.doubts,
        )
        for one in found
    ]
    return offers, reading.unread


def _made(edit: Edit, *, before: Holiday | None, doubts: tuple[str, ...] = (), ticked: bool = True) -> Offer:
    value = {"was": str(edit.was) if edit.was else None, "now": _row(edit.now) if edit.now else None}
    return Offer(edit, json.dumps({**value, "doubts": doubts}, ensure_ascii=False), ticked, before, doubts)


def _offer(value: str, *, ticked: bool) -> Offer:
    try:
        row = json.loads(value)
        was = _day("date", row["was"]) if row["was"] else None
        edit = Edit(was, _holiday(row["now"]) if row["now"] else None)
        doubts = tuple(str(one) for one in row["doubts"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Invalid("This form is incomplete. Read the notice again.") from None
    before = next((one for one in _kept(_key()) if one.day == was), None)
    return Offer(edit, value, ticked, before, doubts)


def _row(one: Holiday) -> dict[str, str]:
    row = {"date": str(one.day), "name": one.name, "source": one.source, "observed": str(one.observed or "")}
    return {**row, "hours": ", ".join(hours(one.hours)), "estimated": "yes" if one.estimated else ""}


def _holiday(form: Mapping[str, Any]) -> Holiday:
    """Read one holiday from a form."""
    when = _day("date", str(form.get("date", "")))
    name, source = (" ".join(str(form.get(field, "")).split())[:200] for field in ("name", "source"))
    if not name:
        raise Invalid("Name the holiday.", field="name")
    if not source:
        raise Invalid("Say where the day comes from: a law, a notice and its date.", field="source")
    observed = _day("observed", str(form["observed"])) if form.get("observed") else None
    windows = _windows(str(form.get("hours", "")))
    return Holiday(when, name, source, None if observed == when else observed, windows, bool(form.get("estimated")))


def _windows(text: str) -> tuple[Window, ...]:
    found = []
    for part in filter(str.strip, text.split(",")):
        match = _HOURS.fullmatch(part.strip())
        opens, closes = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
        if not opens < closes <= 1440:
            raise Invalid("Write hours such as 08:00-12:00, with commas between several.", field="hours")
        found.append(Window(opens, closes))
    return tuple(sorted(found))


def _day(field: str, text: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("Write the day as 2026-03-06.", field=field) from None
    if not 1970 <= found.year <= 2200:
        raise Invalid("The year must lie between 1970 and 2200.", field=field)
    return found


def _current() -> tuple[Version, City]:
    """Return what is active now, read once a request."""
    if "holidays_of" not in g:
        with container().db.reader() as session:
            g.holidays_of = holidays.current(session)
    return cast(tuple[Version, City], g.holidays_of)


def _key() -> str:
    try:
        return holidays.chosen(_current()[1], request.values.get("holidays") or None)
    except (NotFound, Invalid):
        abort(404)


def _kept(key: str) -> tuple[Holiday, ...]:
    return _current()[1].holidays[key]


def _weekday(one: date) -> str:
    return WEEKDAYS[one.weekday()]
