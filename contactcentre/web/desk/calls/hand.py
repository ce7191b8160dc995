"""A call on a telephone that no gateway carries: written down in one small form."""

from __future__ import annotations

from functools import partial

from flask import make_response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import references
from cases.calls import by_hand
from cases.calls.by_hand import Logged
from cases.contacts import Direction
from cases.errors import DomainError, Invalid, NotFound
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.phones import phone_of
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.calls import pages
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.returning import STATUS, nudge
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change

#: one choice of the form: who sought whom, and whether people spoke
HOW = {
    "in": (Direction.IN, True),
    "out": (Direction.OUT, True),
    "missed": (Direction.IN, False),
    "tried": (Direction.OUT, False),
}


class _Choose(Exception):
    """Several cases of the number are open: nothing was written, and whoever logs the call is asked."""

    def __init__(self, cases: tuple[str, ...]) -> None:
        super().__init__(cases)
        self.cases = cases


@blueprint.post("/calls/log")
@requires(Action.NOTE)
def log_call() -> AnyResponse:
    """Log a call by hand; where its number has several open cases, ask which."""
    try:
        return change(_work)
    except NotFound:
        raise
    except _Choose as several:
        return make_response(pages.show(sent("log"), choose=several.cases), 422)
    except DomainError as error:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return make_response(pages.show(sent("log").refused(error)), status)


def _work(uow: UnitOfWork) -> str:
    logged = _logged(uow)
    if logged.choose:
        raise _Choose(logged.choose)
    for account in logged.to_send:
        uow.after_commit(partial(nudge, account))
    if logged.reference:
        return room.case_address(logged.reference) + "#latest"
    return url_for("desk.calls", done="logged")


def _logged(uow: UnitOfWork) -> Logged:
    form, city = request.form, container().city
    if form.get("how", "") not in HOW:
        raise Invalid("Say who called whom, and whether you spoke.", field="how")
    direction, reached = HOW[form["how"]]
    who, into = form.get("who", "").strip(), form.get("into", by_hand.BY_NUMBER)
    digits = references.parse(who)
    if digits is not None:
        number, into = None, digits
    else:
        number = phone_of(who, city.organisation)
    return by_hand.log(
        uow.session,
        viewer(),
        city=city,
        direction=direction,
        reached=reached,
        text=form.get("text", ""),
        number=number,
        into=into,
        name=form.get("name", ""),
    )
