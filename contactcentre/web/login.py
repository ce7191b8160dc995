"""Log-in and log-out."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.permissions import Action, may
from contactcentre.auth import login, sessions
from contactcentre.web import context, guard
from contactcentre.web.permissions import requires

blueprint = Blueprint("auth", __name__)
#: the log-in form's own token, half in the form and half in a cookie: there is no log-in yet to hold one
FORM_COOKIE = "cc_login"
REFUSED = "This user name and password do not belong together. After five wrong attempts a log-in rests for 15 minutes."


@blueprint.get("/login")
@requires("public")
def login_page() -> AnyResponse:
    """Show the form; who is logged in already goes on."""
    if context.login() is not None:
        return redirect(_onward(), 303)
    return _form("")


@blueprint.post("/login")
@requires("public")
def log_in() -> AnyResponse:
    """Begin a log-in. A refusal says the same whatever was wrong."""
    form, half = request.form, request.cookies.get(FORM_COOKIE, "")
    if not half or not hmac.compare_digest(half.encode(), form.get("csrf", "").encode()):
        return _form("This form had expired. Please try once more.", 400)
    site = context.container()
    token = login.log_in(
        site.db,
        username=form.get("username", ""),
        password=form.get("password", ""),
        network=request.remote_addr or "",
        browser=request.user_agent.string,
        before=request.cookies.get(sessions.COOKIE),
    )
    if token is None:
        return _form(REFUSED, 422)
    answer = redirect(_onward(), 303)
    _set_cookie(answer, sessions.COOKIE, token, age=int(sessions.ABSOLUTE.total_seconds()))
    answer.delete_cookie(FORM_COOKIE, path="/login")
    return answer


@blueprint.post("/logout")
@requires("signed_in")
def log_out() -> AnyResponse:
    """End this log-in; the cookie is worthless from here on, wherever it was copied to."""
    token = request.cookies.get(sessions.COOKIE, "")
    context.container().db.run(lambda uow: sessions.revoke(uow.session, token))
    answer = redirect(url_for("auth.login_page"), 303)
    answer.delete_cookie(sessions.COOKIE)
    # Drafts and anything else that the browser kept belong to this log-in.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.get("/account")
@requires("signed_in")
def account() -> str:
    """Show who is logged in, and the desk's keys."""
    found = context.login()
    reads = found is not None and may(found.viewer, Action.READ)
    return render_template("account.html", found=found, reads=reads)


def _form(error: str, status: int = 200) -> AnyResponse:
    half = secrets.token_urlsafe(24)
    username = request.form.get("username", "")[:100]
    page = render_template("login.html", half=half, error=error, username=username, next=_asked_next() or "")
    answer = make_response(page, status)
    _set_cookie(answer, FORM_COOKIE, half, age=3600, path="/login")
    return answer


def _onward() -> str:
    return _asked_next() or url_for("front.start")


def _asked_next() -> str | None:
    return guard.local(request.values.get("next"))


def _set_cookie(answer: AnyResponse | Response, name: str, value: str, *, age: int, path: str = "/") -> None:
    secure = context.container().settings.base_url.startswith("https:")
    answer.set_cookie(name, value, max_age=age, path=path, httponly=True, secure=secure, samesite="Lax")
