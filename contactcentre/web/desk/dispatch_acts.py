"""What is done to letters on their way out: printed together, put back, posted, come back."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

from flask import make_response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import DomainError, Invalid
from cases.letters import dispatch
from cases.letters.dispatch import Chosen
from cases.letters.states import CameBack, Dispatched
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.letters import binding
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.dispatch import show
from contactcentre.web.desk.returning import STATUS
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change

LARGEST = 200 * 1024 * 1024


@blueprint.post("/letters/out/print")
@requires(Action.KEEP_REGISTER)
def print_letters() -> AnyResponse:
    """Bind what was chosen into one PDF, and mark it as printed."""
    both_sides = request.form.get("both_sides") == "yes"
    state = Dispatched.PRINTED if request.form.get("again") else Dispatched.TO_PRINT

    def act() -> AnyResponse:
        chosen = _chosen()
        with container().db.reader() as session:
            contents = dispatch.to_bind(session, viewer(), chosen)
        files = container().files
        made = binding.bound([files.content(one) for one in contents], both_sides=both_sides)
        kept = files.keep(io.BytesIO(made), largest=LARGEST)

        def work(uow: UnitOfWork) -> str:
            batch = dispatch.print_together(uow.session, viewer(), chosen, pdf_sha256=kept.sha256)
            return url_for("desk.letters_out", state=Dispatched.PRINTED, batch=batch)

        return change(work)

    return _or_again(state, act)


@blueprint.post("/letters/out/back")
@requires(Action.KEEP_REGISTER)
def put_letters_back() -> AnyResponse:
    """Let printed letters wait to be printed again."""

    def work(uow: UnitOfWork) -> str:
        dispatch.put_back(uow.session, viewer(), _chosen())
        return url_for("desk.letters_out", state=Dispatched.TO_PRINT, done="back")

    return _or_again(Dispatched.PRINTED, lambda: change(work))


@blueprint.post("/letters/out/posted")
@requires(Action.KEEP_REGISTER)
def post_letters() -> AnyResponse:
    """Mark printed letters as posted."""

    def work(uow: UnitOfWork) -> str:
        tracking, on = request.form.get("tracking", ""), _day("on")
        dispatch.posted(uow.session, viewer(), _chosen(), city=container().city, on=on, tracking=tracking)
        return url_for("desk.letters_out", state=Dispatched.PRINTED, done="posted")

    return _or_again(Dispatched.PRINTED, lambda: change(work))


@blueprint.post("/letters/out/returned")
@requires(Action.KEEP_REGISTER)
def letter_returned() -> AnyResponse:
    """Write down that a letter came back."""

    def work(uow: UnitOfWork) -> str:
        (letter_id, version), *more = [*_chosen().items()] or [(0, 0)]
        if more or not letter_id:
            raise Invalid("Choose the one letter that came back.", field="letter")
        values = {"letter_id": letter_id, "version": version, "on": _day("on"), "why": _why()}
        dispatch.returned(uow.session, viewer(), city=container().city, **values)  # type: ignore[arg-type]
        return url_for("desk.letters_out", state=Dispatched.RETURNED, done="returned")

    return _or_again(Dispatched.POSTED, lambda: change(work))


def _or_again(state: Dispatched, act: Callable[[], AnyResponse]) -> AnyResponse:
    try:
        return act()
    except DomainError as error:
        code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 404)
        return make_response(show(state, error), code)


def _chosen() -> Chosen:
    """Return the letters whose boxes were ticked, each with the version that the page showed."""
    found: dict[int, int] = {}
    for one in request.form.getlist("letter")[: dispatch.MOST + 1]:
        number, dot, version = one.partition(".")
        if not dot or not (number + version).isascii() or not (number + version).isdigit() or len(one) > 30:
            raise Invalid("Choose letters from the list.", field="letter")
        found[int(number)] = int(version)
    return found


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise Invalid("Give the day as 2026-11-24.", field=name) from None


def _why() -> CameBack:
    try:
        return CameBack(request.form.get("why", ""))
    except ValueError:
        raise Invalid("Choose why it came back, as its sticker says.", field="why") from None
