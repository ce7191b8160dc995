"""Accounts on a page: how each does, what its gateway needs, and a test message whose way can be watched."""

from __future__ import annotations

import re
from functools import partial

import structlog
from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, trials
from cases.errors import DomainError, Invalid, NotFound
from cases.messages import Address, AddressKind
from cases.permissions import Action
from channels.email.building import is_address
from channels.numbers import e164
from contactcentre import accounts, trial_words
from contactcentre.accounts import AccountLine
from contactcentre.db import UnitOfWork
from contactcentre.jobs import DRAIN
from contactcentre.trial_words import Told
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("accounts", __name__, url_prefix="/admin/accounts")
log = structlog.get_logger(__name__)
LONGEST_NUMBER, LONGEST_ADDRESS = 40, 254
_SEPARATORS = re.compile(r"[\s()./-]")


@blueprint.get("")
@requires(Action.CONFIGURE)
def table() -> str:
    """List every account."""
    return render_template("admin/accounts.html", lines=accounts.table(container()), city=container().city)


@blueprint.get("/<account>")
@requires(Action.CONFIGURE)
def page(account: str) -> str:
    """Show one account and what its gateway needs; with ``show`` in the address, its callbacks with their secret."""
    return _page(_line(account))


@blueprint.get("/<account>/trials")
@requires(Action.CONFIGURE)
def progress(account: str) -> str:
    """Show what became of the test messages: the part of the page that looks again by itself."""
    line = _line(account)
    return render_template("admin/account_trials.html", line=line, told=_told(line))


@blueprint.post("/<account>/trial")
@requires(Action.CONFIGURE)
def send(account: str) -> AnyResponse:
    """Queue a test message to the number or mail address of the form."""
    line, who = _line(account), viewer()
    city = container().city
    try:
        to = _recipient(line, request.form.get("to", "").strip(), region=city.organisation.region)
    except Invalid as error:
        return _again(line, error)

    def work(uow: UnitOfWork) -> str:
        trials.send(uow.session, who, city=city, account=account, to=to)
        uow.after_commit(partial(_nudge, account))
        return url_for("accounts.page", account=account, _anchor="trials")

    try:
        return change(work)
    except DomainError as error:
        return _again(line, error)


def _recipient(line: AccountLine, typed: str, *, region: str) -> Address:
    if not line.sends:
        raise Invalid("This account carries no messages; dial its code instead.", field="to")
    if line.is_mail:
        if not is_address(typed) or len(typed) > LONGEST_ADDRESS:
            raise Invalid("Write a mail address, such as name@example.org.", field="to")
        return Address(AddressKind.EMAIL, typed.lower())
    number = e164(_SEPARATORS.sub("", typed), region=region)
    if number is None or len(typed) > LONGEST_NUMBER:
        raise Invalid("Write a telephone number, with its country's code where it is of another one.", field="to")
    return Address(AddressKind.PHONE, number)


def _nudge(account: str) -> None:
    container().jobs.nudge(DRAIN, account)


def _again(line: AccountLine, error: DomainError) -> Response:
    return make_response(_page(line, error=str(error), typed=request.form.get("to", "")), 422)


def _page(line: AccountLine, *, error: str = "", typed: str = "") -> str:
    shown = _addresses(line) if request.args.get("show") == "addresses" else {}
    return render_template(
        "admin/account.html",
        line=line,
        city=container().city,
        shown=shown,
        secrets_dir=container().settings.secrets_dir,
        told=_told(line),
        per_hour=trials.PER_HOUR,
        error=error,
        typed=typed,
        form_key=new_key(),
    )


def _addresses(line: AccountLine) -> dict[str, str]:
    """Return the callbacks with their secret, and note who looked; none where it cannot be read."""
    log.info("account.addresses_shown", account=line.block.id, by=viewer().actor)
    try:
        return accounts.hooks(container(), line.block.id)
    except LookupError:
        return {}


def _told(line: AccountLine) -> list[Told]:
    if not line.sends:
        return []
    with container().db.reader() as session:
        now = clock.now(session)
        found = trials.latest(session, viewer(), account=line.block.id)
    return [trial_words.told(one, now=now, stops=line.stops) for one in found]


def _line(account: str) -> AccountLine:
    try:
        return accounts.one(container(), account)
    except NotFound:
        abort(404)
