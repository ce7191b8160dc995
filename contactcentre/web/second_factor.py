"""Setting up one's own second factor: a picture for the telephone, its first code, recovery codes shown once."""

from __future__ import annotations

import segno
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cases import logins, staff_changes
from cases.errors import Invalid
from cases.models import Agent
from contactcentre.auth import choosing, recovery, required, sealed, second_factor
from contactcentre.db import UnitOfWork
from contactcentre.web.account import found
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, first_time, new_key

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")


@blueprint.get("")
@requires("signed_in")
def page() -> str:
    """Show whether it is on, and what waits for its first code."""
    return _page()


@blueprint.post("")
@requires("signed_in")
def begin() -> Response:
    """Make a new secret, which waits for its first code."""
    if (wrong := _refused()) is not None:
        return wrong

    def work(uow: UnitOfWork) -> str:
        second_factor.begin(uow.session, _key(), found().row.agent_id)
        return url_for("second_factor.page")

    return change(work)


@blueprint.post("/confirm")
@requires("signed_in")
def confirm() -> Response:
    """Put it into use by its first code, and show the recovery codes."""

    def work(uow: UnitOfWork) -> list[str]:
        agent_id = found().row.agent_id
        codes = second_factor.confirm(uow.session, _key(), agent_id, request.form.get("code", "")[:100])
        # The other log-ins were begun without it.
        logins.end_all(uow.session, agent_id, but=found().row.token_hash)
        staff_changes.note(uow.session, viewer(), agent_id, "second_factor_on", {})
        return codes

    try:
        codes = first_time(work)
    except Invalid as error:
        return make_response(_page(error), 422)
    return _codes(codes)


@blueprint.post("/codes")
@requires("signed_in")
def codes() -> Response:
    """Make new recovery codes and show them; the ones before end."""
    if (wrong := _refused()) is not None:
        return wrong

    def work(uow: UnitOfWork) -> list[str]:
        agent_id = found().row.agent_id
        if not second_factor.is_on(uow.session, agent_id):
            raise Invalid("There is no second factor yet. Set it up first.", field="code")
        staff_changes.note(uow.session, viewer(), agent_id, "recovery_codes", {})
        return recovery.renew(uow.session, _key(), agent_id)

    try:
        return _codes(first_time(work))
    except Invalid as error:
        return make_response(_page(error), 422)


@blueprint.post("/off")
@requires("signed_in")
def off() -> Response:
    """Go without it again, where the roles allow that."""
    if (wrong := _refused()) is not None:
        return wrong
    if required.must(found(), container().city.organisation):
        return make_response(_page(Invalid("Your role asks for a second factor. Set up another one instead.")), 422)

    def work(uow: UnitOfWork) -> str:
        second_factor.take_off(uow.session, found().row.agent_id)
        staff_changes.note(uow.session, viewer(), found().row.agent_id, "second_factor_off", {})
        return url_for("second_factor.page")

    return change(work)


def _refused() -> Response | None:
    """Ask for the password once more where a second factor is on: a desk that was left open must not change it."""
    if not found().second:
        return None
    try:
        given, network = request.form.get("password", ""), request.remote_addr or ""
        choosing.check_own(container().db, viewer(), given, network=network, field="password")
    except Invalid as error:
        return make_response(_page(error), 422)
    return None


def _page(error: Invalid | None = None) -> str:
    one, organisation = found(), container().city.organisation
    agent_id = one.row.agent_id
    with container().db.reader() as session:
        secret = second_factor.pending(session, _key(), agent_id)
        left = recovery.left(session, agent_id) if one.second else 0
        username = session.get_one(Agent, agent_id).username
    named = {"username": username, "organisation": organisation.short_name}
    return render_template(
        "account_second_factor.html",
        error=error,
        on=one.second,
        secret=secret,
        picture=_picture(second_factor.address(secret, **named)) if secret else "",
        left=left,
        must=required.must(one, organisation),
        until=required.until(one, organisation),
        overdue=required.is_overdue(one, organisation),
        keys={form: new_key() for form in ("begin", "confirm", "codes", "off")},
    )


def _codes(codes: list[str] | None) -> Response:
    """Show codes once; the same form sent again finds them gone."""
    if codes is None:
        return redirect(url_for("second_factor.page"), 303)
    return make_response(render_template("account_codes.html", codes=codes))


def _picture(address: str) -> str:
    # Dark on white in both themes, with the margin that cameras need.
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def _key() -> bytes:
    return container().derived_key(sealed.PURPOSE)
