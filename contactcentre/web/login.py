"""Log-in and log-out: a password, and a code where somebody has a second factor."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.permissions import Action, may
from contactcentre.auth import login, required, sealed, sessions
from contactcentre.auth.login import Asking, Step
from contactcentre.web import context, guard
from contactcentre.web.permissions import requires

blueprint = Blueprint("auth", __name__)
#: the log-in form's own token, half in the form and half in a cookie: there is no log-in yet to hold one
FORM_COOKIE = "cc_login"
#: what stands for a right password until its code comes
STEP_COOKIE = "cc_step"
FORMS = "/login"
REFUSED = "This user name and password do not belong together. After five wrong attempts a log-in rests for 15 minutes."
EXPIRED = "This form had expired. Please try once more."
WRONG_CODE = (
    "This code is not right, or was used already. Wait for the next one. After five wrong codes a log-in rests for "
    "15 minutes."
)


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
    """Begin a log-in, or lead to the code. A refusal says the same whatever was wrong."""
    if not halves_match():
        return _form(EXPIRED, 400)
    form, site = request.form, context.container()
    username, password = form.get("username", ""), form.get("password", "")
    found = login.log_in(site.db, username=username, password=password, asking=_asking())
    if found is None:
        return _form(REFUSED, 422)
    if isinstance(found, Step):
        answer = redirect(url_for("auth.code_page", next=_asked_next()), 303)
        _set_cookie(answer, STEP_COOKIE, found.token, age=int(login.STEP_LASTS.total_seconds()), path=FORMS)
        return answer
    return _logged_in(found)


@blueprint.get("/login/code")
@requires("public")
def code_page() -> AnyResponse:
    """Ask for the code; without a right password before it, for that."""
    if not login.waits(context.container().db, request.cookies.get(STEP_COOKIE, "")):
        return redirect(url_for("auth.login_page", next=_asked_next()), 303)
    return _form("", page="login_code.html")


@blueprint.post("/login/code")
@requires("public")
def take_code() -> AnyResponse:
    """Begin a log-in by a code, or by a recovery code."""
    if not halves_match():
        return _form(EXPIRED, 400, page="login_code.html")
    site, step = context.container(), request.cookies.get(STEP_COOKIE, "")
    code = request.form.get("code", "")[:100]
    key = site.derived_key(sealed.PURPOSE)
    cookie = login.take_code(site.db, step=step, code=code, key=key, asking=_asking())
    if cookie is None and not login.waits(site.db, step):
        return redirect(url_for("auth.login_page", next=_asked_next()), 303)
    return _logged_in(cookie) if cookie is not None else _form(WRONG_CODE, 422, page="login_code.html")


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
    """Show who is logged in, what their log-in needs, and the desk's keys."""
    found = context.login()
    reads = found is not None and may(found.viewer, Action.READ)
    until = required.until(found, context.container().city.organisation) if found else None
    return render_template("account.html", found=found, reads=reads, until=until)


def halves_match() -> bool:
    """Tell whether a form without a log-in comes from its own page."""
    half = request.cookies.get(FORM_COOKIE, "")
    return bool(half) and hmac.compare_digest(half.encode(), request.form.get("csrf", "").encode())


def with_half(page: str, status: int, *, path: str = FORMS, **values: object) -> AnyResponse:
    """Return a page whose form carries its half of a token, with the other half in a cookie."""
    half = secrets.token_urlsafe(24)
    answer = make_response(render_template(page, half=half, **values), status)
    _set_cookie(answer, FORM_COOKIE, half, age=3600, path=path)
    return answer


def _form(error: str, status: int = 200, *, page: str = "login.html") -> AnyResponse:
    username = request.form.get("username", "")[:100]
    done, onward = "done" in request.args, _asked_next() or ""
    return with_half(page, status, error=error, username=username, next=onward, done=done)


def _asking() -> Asking:
    lasts = context.container().settings.session_lasts
    return Asking(request.remote_addr or "", request.user_agent.string, request.cookies.get(sessions.COOKIE), lasts)


def _logged_in(cookie: str) -> AnyResponse:
    answer = redirect(_onward(), 303)
    lasts = context.container().settings.session_lasts
    _set_cookie(answer, sessions.COOKIE, cookie, age=int(lasts.total_seconds()))
    answer.delete_cookie(FORM_COOKIE, path=FORMS)
    answer.delete_cookie(STEP_COOKIE, path=FORMS)
    return answer


def _onward() -> str:
    return _asked_next() or url_for("front.start")


def _asked_next() -> str | None:
    return guard.local(request.values.get("next"))


def _set_cookie(answer: AnyResponse, name: str, value: str, *, age: int, path: str = "/") -> None:
    secure = context.container().settings.base_url.startswith("https:")
    answer.set_cookie(name, value, max_age=age, path=path, httponly=True, secure=secure, samesite="Lax")
