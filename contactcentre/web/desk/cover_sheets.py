"""Cover sheets to be printed, for piles of letters that are scanned at once."""

from __future__ import annotations

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import DomainError, Invalid, NotFound
from cases.letters import sheets
from cases.letters.dispatch import allowed
from cases.letters.states import CHANNEL
from cases.permissions import Action
from channels.letters import codes, covers
from channels.letters.covers import CoverSheet
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame
from contactcentre.web.desk.dispatch import pdf
from contactcentre.web.desk.returning import number
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys, change


@blueprint.get("/letters/covers")
@requires(Action.KEEP_REGISTER)
def cover_sheets() -> str:
    """Show how cover sheets are used, and the form that makes some."""
    return _page()


@blueprint.post("/letters/covers")
@requires(Action.KEEP_REGISTER)
def make_cover_sheets() -> AnyResponse:
    """Give numbers to new sheets, then show them."""

    def work(uow: UnitOfWork) -> str:
        account = _account(request.form.get("account", ""))
        made = sheets.give(uow.session, viewer(), count=number("count") or 0)
        return url_for("desk.cover_sheets_pdf", account=account, first=made[0], last=made[-1])

    try:
        return change(work)
    except DomainError as error:
        return make_response(_page(error), 422)


@blueprint.get("/letters/covers.pdf")
@requires(Action.KEEP_REGISTER)
def cover_sheets_pdf() -> AnyResponse:
    """Show sheets that this agent has made, to be printed."""
    allowed(viewer())
    account = _account(request.args.get("account", ""))
    first, last = (_bound(request.args.get(name, "")) for name in ("first", "last"))
    with container().db.reader() as session:
        given = sheets.given(session, viewer(), first=first, last=last)
    if not given:
        raise NotFound("There are no such cover sheets of yours; make new ones.")
    key = container().accounts[account].key
    pages = [CoverSheet(one, codes.cover(one, key)) for one in given]
    made = covers.draw(pages, organisation=container().city.organisation.name)
    return pdf(made, "cover-sheets.pdf")


def accounts() -> list[str]:
    """Return the accounts of letters."""
    return [one.id for one in container().city.accounts.values() if one.channel == CHANNEL]


def _page(error: DomainError | None = None) -> str:
    with container().db.reader() as session:
        room = frame.load(session, viewer())
    values = {"accounts": accounts(), "most": sheets.MOST, "typed": request.form, "error": error}
    return render_template("desk/letters/covers.html", room=room, keys=Keys(), **values)


def _account(text: str) -> str:
    known = accounts()
    if text in known:
        return text
    if not text and len(known) == 1:
        return known[0]
    raise Invalid(
        f"Choose the account of letters: one of {', '.join(known) or 'none, for there is none'}.", field="account"
    )


def _bound(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound("There are no such cover sheets of yours; make new ones.")
    return int(text)
