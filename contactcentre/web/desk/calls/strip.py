"""The voice strip: how the telephones stand now and today, for the page of calls and for a board."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from flask import Response, jsonify, render_template, request
from sqlalchemy.orm import Session

from cases import clock
from cases.calls import measures
from cases.departments import City
from cases.permissions import Action
from contactcentre.web.context import container
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.calls import words
from contactcentre.web.permissions import requires


@dataclass(frozen=True, slots=True)
class StripView:
    """The figures. Seconds and shares are None where there is nothing to tell; ``within`` is the service level's own
    time, and shares are per cent as :mod:`cases.calls.measures` defines them, of the waits since midnight.
    """

    waiting: int
    longest_seconds: int
    talking: int
    call_backs: int
    answered: int
    abandoned: int
    abandoned_percent: int | None
    asa_seconds: int | None
    aht_seconds: int | None
    service_level_percent: int | None
    within: int
    at: datetime


@blueprint.get("/calls/strip")
@requires(Action.READ)
def call_strip() -> str | Response:
    """Give the strip, as a part of a page or as values for scripts."""
    with container().db.reader() as session:
        found = load(session, city=container().city)
    if request.accept_mimetypes.best == "application/json":
        return jsonify({**asdict(found), "at": found.at.isoformat()})
    return render_template("desk/calls/strip.html", strip=found, words_of=words)


def load(session: Session, *, city: City) -> StripView:
    """Count the calls of now and of today, in all queues: the figures tell of nobody."""
    now = measures.now(session, zone=city.organisation.timezone, terms=city.calls)
    today = now.today
    return StripView(
        waiting=now.waiting,
        longest_seconds=now.longest_seconds,
        talking=now.talking,
        call_backs=now.call_backs,
        answered=today.answered,
        abandoned=today.abandoned,
        abandoned_percent=_percent(today.abandon_rate),
        asa_seconds=_whole(today.asa_seconds),
        aht_seconds=_whole(today.aht_seconds),
        service_level_percent=_percent(today.service_level),
        within=city.calls.answer_within_seconds,
        at=clock.now(session),
    )


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
