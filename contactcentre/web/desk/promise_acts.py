"""What moves a case's promises: its priority and service, deadlines by hand, and the steps that a law knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from cases import access, overrides, priorities, reaching
from cases.errors import Invalid
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.local_time import instant
from contactcentre.web.desk.returning import back, nudge, number, or_again
from contactcentre.web.permissions import requires


@blueprint.post("/cases/<reference>/priority")
@requires(Action.TRANSITION)
def priority(reference: str) -> AnyResponse:
    """Say how urgent the case is."""
    return _done(reference, "priority", priorities.set_priority, lambda: {"priority": request.form.get("priority", "")})


@blueprint.post("/cases/<reference>/service")
@requires(Action.TRANSITION)
def service(reference: str) -> AnyResponse:
    """Say which service the case is about."""
    return _done(reference, "service", priorities.set_service, lambda: {"service": request.form.get("service", "")})


@blueprint.post("/cases/<reference>/deadline")
@requires(Action.OVERRIDE)
def deadline(reference: str) -> AnyResponse:
    """Give a promise another deadline."""

    def values() -> dict[str, Any]:
        timer, due = number("timer"), instant("due")
        if timer is None:
            raise Invalid("Choose the promise that gets another deadline.", field="timer")
        if due is None:
            raise Invalid("Give the new deadline: a date and a time.", field="due")
        return {"timer_id": timer, "due": due, "reason": request.form.get("reason", "")}

    return _done(reference, "deadline", overrides.set_deadline, values)


@blueprint.post("/cases/<reference>/extension")
@requires(Action.OVERRIDE)
def extension(reference: str) -> AnyResponse:
    """Put a decision off as its law allows, and tell the applicant."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        chosen = {"days": number("days") or 0, "reason": form.get("reason", ""), "notice": form.get("notice", "")}
        overrides.extend_decision(uow.session, viewer(), city=container().city, reference=reference, **chosen)  # type: ignore[arg-type]
        case = access.for_reading(uow.session, viewer(), reference=reference)
        ways = reaching.reach(uow.session, case, city=container().city).ways
        if ways:
            uow.after_commit(partial(nudge, ways[0].account.id))
        return back(reference, to="facts")

    return or_again(reference, sent("extension"), work)


@blueprint.post("/cases/<reference>/urgent")
@requires(Action.OVERRIDE)
def urgent(reference: str) -> AnyResponse:
    """Put a request under the law's time for life and liberty."""
    return _done(reference, "urgent", overrides.make_urgent, _reason)


@blueprint.post("/cases/<reference>/review")
@requires(Action.OVERRIDE)
def review(reference: str) -> AnyResponse:
    """Note that the applicant has asked for an internal review."""
    return _done(reference, "review", overrides.ask_review, _reason)


def _reason() -> dict[str, Any]:
    return {"reason": request.form.get("reason", "")}


def _done(reference: str, form: str, act: Callable[..., object], values: Callable[[], dict[str, Any]]) -> AnyResponse:
    def work(uow: UnitOfWork) -> str:
        act(uow.session, viewer(), city=container().city, reference=reference, **values())
        return back(reference, to="facts")

    return or_again(reference, sent(form), work)
