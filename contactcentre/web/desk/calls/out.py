"""Calling a citizen from their case."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from cases import clock
from cases.calls import placing
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.phones import phone_of
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.returning import back, or_again
from contactcentre.web.permissions import requires


@blueprint.post("/cases/<reference>/call")
@requires(Action.REPLY)
def call_citizen(reference: str) -> AnyResponse:
    """Call the citizen of a case: the agent's own telephone rings first."""

    def work(uow: UnitOfWork) -> str:
        city, who = container().city, viewer()
        to = phone_of(request.form.get("number", ""), city.organisation)
        placing.order(uow.session, who, city=city, reference=reference, number=to, at=clock.now(uow.session))
        return back(reference, done="call")

    return or_again(reference, sent("call"), work)
