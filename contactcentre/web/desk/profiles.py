"""What somebody speaks and knows, how many cases they are given, and whether they are away: forms of their page."""

from __future__ import annotations

from datetime import date, datetime, time

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from cases import availability, profiles
from cases.errors import Invalid
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.assigning import state
from contactcentre.web.desk.people import or_again, page_of
from contactcentre.web.permissions import requires


@blueprint.post("/people/<int:agent_id>/tags")
@requires("signed_in")
def tags(agent_id: int) -> AnyResponse:
    """Set somebody's languages and skills."""
    form = request.form
    skills = [*form.getlist("services"), *form.get("words", "").split(",")]

    def work(uow: UnitOfWork) -> str:
        how = {"agent_id": agent_id, "languages": form.getlist("languages"), "skills": skills}
        profiles.set_tags(uow.session, viewer(), city=container().city, **how)  # type: ignore[arg-type]
        return page_of(agent_id)

    return or_again(agent_id, work)


@blueprint.post("/people/<int:agent_id>/cap")
@requires("signed_in")
def cap(agent_id: int) -> AnyResponse:
    """Set up to how many open cases somebody is given more."""

    def work(uow: UnitOfWork) -> str:
        profiles.set_cap(uow.session, viewer(), agent_id=agent_id, cap=_cap())
        return page_of(agent_id)

    return or_again(agent_id, work)


@blueprint.post("/people/<int:agent_id>/availability")
@requires("signed_in")
def availability_of(agent_id: int) -> AnyResponse:
    """Say that somebody is away until an hour of a day, or until they are back, or that they are back."""

    def work(uow: UnitOfWork) -> str:
        away = state()
        until = _until() if away else None
        availability.switch(uow.session, viewer(), agent_id=agent_id, away=away, until=until)
        return page_of(agent_id)

    return or_again(agent_id, work)


def _cap() -> int | None:
    text = request.form.get("cap", "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid("Write a number of cases, or nothing for the department's.", field="cap")
    return int(text)


def _until() -> datetime | None:
    day, hour = request.form.get("until_day", ""), request.form.get("until_hour", "")
    if not day and not hour:
        return None
    try:
        at = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour or "00:00"))
    except ValueError:
        raise Invalid("Choose the day and the hour until which they are away, or neither.", field="until") from None
    return at.replace(tzinfo=room.zone_of(container().city))
