"""Pages of a letter that is being keyed: another letter begins at one, it belongs to the one before, it lies turned."""

from __future__ import annotations

from collections.abc import Callable

from flask import make_response, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import DomainError, Invalid, NotFound
from cases.letters import rearranging
from cases.permissions import Action
from cases.queries import one_letter
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.letters.keying import show
from contactcentre.web.desk.returning import STATUS, number
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change


@blueprint.post("/letters/<register_number>/split")
@requires(Action.KEEP_REGISTER)
def split_letter(register_number: str) -> AnyResponse:
    """Let a new letter begin at a page."""

    def work(uow: UnitOfWork) -> str:
        page, version = number("page") or 0, number("version") or 0
        values = {"register_number": register_number, "version": version, "page": page}
        rearranging.split_here(uow.session, viewer(), city=container().city, **values)  # type: ignore[arg-type]
        return url_for("desk.letter", register_number=register_number)

    return _or_again(register_number, work)


@blueprint.post("/letters/<register_number>/join")
@requires(Action.KEEP_REGISTER)
def join_letter(register_number: str) -> AnyResponse:
    """Let its pages be part of the letter before it in the same scan."""

    def work(uow: UnitOfWork) -> str:
        values = {"register_number": register_number, "version": number("version") or 0}
        into = rearranging.join_previous(uow.session, viewer(), **values)  # type: ignore[arg-type]
        return url_for("desk.letter", register_number=into)

    return _or_again(register_number, work)


@blueprint.post("/letters/<register_number>/turn")
@requires(Action.KEEP_REGISTER)
def turn_page(register_number: str) -> AnyResponse:
    """Turn a page for good, for everybody who looks at it."""

    def work(uow: UnitOfWork) -> str:
        page, degrees = number("page"), number("degrees")
        if page is None or degrees is None:
            raise Invalid("Choose a page and how it is turned.", field="page")
        letter = one_letter.page_of(uow.session, viewer(), register_number, page)
        rearranging.turn(uow.session, viewer(), scan_id=letter.scan_id or 0, page=page, degrees=degrees)
        return url_for("desk.letter", register_number=register_number)

    return _or_again(register_number, work)


def _or_again(register_number: str, work: Callable[[UnitOfWork], str]) -> AnyResponse:
    try:
        return change(work)
    except NotFound as error:
        if error.field != "letter":
            raise
        return make_response(show(register_number, sent("pages").refused(error)), 409)
    except DomainError as error:
        code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return make_response(show(register_number, sent("pages").refused(error)), code)
