"""What agents do with an incident: attach and detach cases, tell everybody, resolve all."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from flask import request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import references
from cases.errors import DomainError, Invalid
from cases.filing import incidents, updates
from cases.lifecycle import Outcome
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.filing_pages import refused, show_incident
from contactcentre.web.desk.returning import nudge, number
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change

_TEXT = "text-"


@blueprint.post("/cases/<reference>/incident/attach")
@requires(Action.TRANSITION)
def attach(reference: str) -> AnyResponse:
    """Make cases part of this incident."""
    named = [one for one in re.split(r"[,;\n]+", request.form.get("cases", "")) if one.strip()]

    def act(uow: UnitOfWork) -> None:
        incidents.attach(uow.session, viewer(), incident=reference, cases=named)

    return _done(reference, act)


@blueprint.post("/cases/<reference>/incident/detach")
@requires(Action.TRANSITION)
def detach(reference: str) -> AnyResponse:
    """Take a case out of this incident."""
    case = request.form.get("case", "")
    return _done(reference, lambda uow: incidents.detach(uow.session, viewer(), incident=reference, case=case))


@blueprint.post("/cases/<reference>/incident/tell")
@requires(Action.REPLY)
def tell_incident(reference: str) -> AnyResponse:
    """Send one update to everybody, and resolve the cases if that was chosen."""
    form, city = request.form, container().city
    texts = {name.removeprefix(_TEXT): text for name, text in form.items() if name.startswith(_TEXT)}

    def act(uow: UnitOfWork) -> None:
        told = updates.tell(
            uow.session, viewer(), city=city, incident=reference, texts=texts, expected=number("expected")
        )
        if form.get("outcome"):
            incidents.resolve_parts(uow.session, viewer(), city=city, incident=reference, outcome=_outcome())
        for account in told.accounts:
            uow.after_commit(partial(nudge, account))

    return _done(reference, act)


@blueprint.post("/cases/<reference>/incident/resolve")
@requires(Action.TRANSITION)
def resolve_parts(reference: str) -> AnyResponse:
    """Resolve the cases of this incident without a word."""

    def act(uow: UnitOfWork) -> None:
        incidents.resolve_parts(
            uow.session, viewer(), city=container().city, incident=reference, outcome=_outcome()
        )  # fmt: skip

    return _done(reference, act)


def _outcome() -> Outcome:
    try:
        return Outcome(request.form.get("outcome", ""))
    except ValueError:
        raise Invalid("Choose how the cases ended.", field="outcome") from None


def _done(reference: str, act: Callable[[UnitOfWork], object]) -> AnyResponse:
    def work(uow: UnitOfWork) -> str:
        act(uow)
        return url_for("desk.incident", reference=references.written(references.parse(reference) or reference))

    try:
        return change(work)
    except DomainError as error:
        return refused(show_incident(reference, request.form, str(error)), error)
