"""Callers who abuse our people: flagging a number, lifting a flag, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.calls import flags
from cases.errors import DomainError, Invalid, NotFound
from cases.permissions import Action
from cases.queries import caller_flags
from contactcentre.db import UnitOfWork
from contactcentre.phones import phone_of
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame
from contactcentre.web.desk.calls import pages
from contactcentre.web.desk.drafts import Draft, sent
from contactcentre.web.desk.returning import STATUS, number
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys, change


@blueprint.get("/calls/flags")
@requires(Action.REPLY)
def call_flags() -> str:
    """Show the flagged numbers, and those that were."""
    return show(Draft(""))


@blueprint.post("/calls/flags")
@requires(Action.REPLY)
def flag_caller() -> AnyResponse:
    """Flag a number, for a reason and so many days."""
    city = container().city

    def work(uow: UnitOfWork) -> str:
        to = phone_of(request.form.get("number", ""), city.organisation)
        if to is None:
            raise Invalid("Write the number that is to be flagged.", field="number")
        reason, days = request.form.get("reason", ""), number("days") or 0
        flags.flag(uow.session, viewer(), city=city, number=to, reason=reason, days=days)
        return url_for("desk.call_flags", done="flagged")

    return _once(work)


@blueprint.post("/calls/flags/<int:flag_id>/lift")
@requires(Action.REPLY)
def lift_flag(flag_id: int) -> AnyResponse:
    """End a flag before its time."""

    def work(uow: UnitOfWork) -> str:
        flags.lift(uow.session, viewer(), flag_id=flag_id)
        return url_for("desk.call_flags", done="lifted")

    return _once(work)


def show(draft: Draft) -> str:
    """Render the list with what stood in the form that came back."""
    city = container().city
    with container().db.reader() as session:
        listed, around = caller_flags.listed(session, viewer()), frame.load(session, viewer())
    return render_template(
        "desk/calls/flags.html",
        room=around,
        flags=listed,
        draft=draft,
        keys=Keys(),
        most_days=flags.most_days(city),
        done=pages.DONE.get(request.args.get("done", "")),
        number=request.args.get("number", ""),
        **pages.said(city),
    )


def _once(work: Callable[[UnitOfWork], str]) -> AnyResponse:
    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return make_response(show(sent("flag").refused(error)), status)
