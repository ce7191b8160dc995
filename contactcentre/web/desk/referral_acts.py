"""Handing a case over to the body that answers for its place."""

from __future__ import annotations

from werkzeug.wrappers import Response as AnyResponse

from cases import referring
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.returning import back, or_again
from contactcentre.web.permissions import requires


@blueprint.post("/cases/<reference>/referral")
@requires(Action.ASSIGN)
def hand_over(reference: str) -> AnyResponse:
    """Hand the case over; then the page offers the text that tells the citizen."""

    def work(uow: UnitOfWork) -> str:
        referring.hand_over(uow.session, viewer(), city=container().city, reference=reference)
        return back(reference, offer=referring.TEXT, to="composer")

    return or_again(reference, sent("referral"), work)
