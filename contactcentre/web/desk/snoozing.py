"""Putting a case aside until an instant, taking it up again, and all that is put aside; names for a note."""

from __future__ import annotations

from datetime import datetime

from flask import render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import access, clock, mentions, mornings, rota, snoozing
from cases.errors import Invalid
from cases.permissions import Action
from cases.queries import snoozed
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.local_time import instant
from contactcentre.web.desk.returning import back, or_again
from contactcentre.web.permissions import requires

#: what can be chosen, and after how many days the morning is looked for
CHOICES = {"tomorrow": 1, "three": 3, "week": 7}


@blueprint.post("/cases/<reference>/snooze")
@requires(Action.TRANSITION)
def snooze(reference: str) -> AnyResponse:
    """Put the case aside until a morning or an instant of one's own."""

    def work(uow: UnitOfWork) -> str:
        until, reason = _until(uow.session, reference), request.form.get("reason", "")
        snoozing.snooze(uow.session, viewer(), reference=reference, until=until, reason=reason)
        return back(reference)

    return or_again(reference, sent("snooze"), work)


@blueprint.post("/cases/<reference>/wake")
@requires(Action.TRANSITION)
def wake(reference: str) -> AnyResponse:
    """Take the case up again before its time."""

    def work(uow: UnitOfWork) -> str:
        snoozing.wake(uow.session, viewer(), reference=reference)
        return back(reference)

    return or_again(reference, sent("snooze"), work)


@blueprint.get("/snoozed")
@requires(Action.READ)
def put_aside() -> str:
    """Show what is put aside."""
    city = container().city
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        rows = snoozed.page(session, viewer())
    return render_template("desk/snoozed.html", room=shown, city=city, rows=rows)


@blueprint.get("/cases/<reference>/names")
@requires(Action.NOTE)
def names(reference: str) -> str:
    """Offer colleagues who may be named in a note of this case."""
    begins = request.args.get("q", "")[:60]
    with container().db.reader() as session:
        found = mentions.offered(session, viewer(), reference=reference, begins=begins)
    return render_template("desk/names.html", found=found)


def _until(session: Session, reference: str) -> datetime:
    chosen = request.form.get("when", "")
    if chosen in CHOICES:
        case = access.for_reading(session, viewer(), reference=reference)
        calendar = rota.calendar_of(container().city, case.department)
        return mornings.tomorrow(calendar, clock.now(session), days=CHOICES[chosen])
    until = instant("until")
    if until is None:
        raise Invalid("Choose until when: a morning, or a date and a time.", field="until")
    return until
