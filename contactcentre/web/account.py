"""One's own log-in: another password, and the browsers in which one is logged in."""

from __future__ import annotations

import re

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from cases import logins
from cases.errors import Invalid
from contactcentre.auth import choosing, sessions
from contactcentre.auth.password_rules import SHORTEST
from contactcentre.auth.sessions import Found
from contactcentre.db import UnitOfWork
from contactcentre.web import context
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("account", __name__, url_prefix="/account")
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@blueprint.get("/password")
@requires("signed_in")
def password_page() -> str:
    """Show the form of another password."""
    return _password()


@blueprint.post("/password")
@requires("signed_in")
def password() -> Response:
    """Change one's own password; the log-ins in other browsers end."""
    form, site = request.form, container()
    words = {name: form.get(name, "") for name in ("old", "password", "repeated")}
    try:
        hashed = choosing.checked_own(
            site.db, viewer(), organisation=site.city.organisation, network=request.remote_addr or "", **words
        )
    except Invalid as error:
        return make_response(_password(error), 422)

    def work(uow: UnitOfWork) -> str:
        choosing.set_own(uow.session, viewer(), hashed=hashed, keep=found().row.token_hash)
        return url_for("account.password_page", done="")

    return change(work)


@blueprint.get("/sessions")
@requires("signed_in")
def sessions_page() -> str:
    """List the browsers in which one is logged in."""
    idle = container().settings.session_idle
    with container().db.reader() as session:
        every = sessions.of_agent(session, viewer().id or 0, idle=idle)
    own = found().row.token_hash
    rows = [(sessions.mark_of(one), device(one.browser), one, one.token_hash == own) for one in every]
    return render_template("account_sessions.html", rows=rows, key=new_key())


@blueprint.post("/sessions")
@requires("signed_in")
def end() -> Response:
    """End one of these log-ins, or all but this one."""
    mark, own = request.form.get("mark", ""), found().row

    def work(uow: UnitOfWork) -> str:
        if mark:
            sessions.revoke_one(uow.session, own.agent_id, mark)
        else:
            logins.end_all(uow.session, own.agent_id, but=own.token_hash)
        return url_for("account.sessions_page")

    return change(work)


def found() -> Found:
    """Return the log-in of this request, which the guard has asked for."""
    one = context.login()
    assert one is not None
    return one


def device(browser: str) -> str:
    """Return a browser's own words as people know it: ``Firefox on Android``."""
    name = next((name for mark, name in _BROWSERS if f"{mark}/" in browser), "A browser")
    system = next((name for marks, name in _SYSTEMS if re.search(marks, browser)), "")
    return f"{name} on {system}" if system else name


def _password(error: Invalid | None = None) -> str:
    return render_template("account_password.html", error=error, key=new_key(), shortest=SHORTEST)
