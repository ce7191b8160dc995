"""Before every page: what its view requires, and a form's token, are checked. After it: headers that keep it safe."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.permissions import Action, may
from contactcentre.auth import required
from contactcentre.web.context import container, csrf_token, login

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: asks for a bearer token by itself, in contactcentre/api
API = "/api/"
#: what is open to somebody who must set up a second factor first: that, and the way out
WITHOUT_SECOND = frozenset({"auth", "account", "second_factor"})


def register(app: Flask) -> None:
    """Put the guard before every request, and the headers after it."""
    app.before_request(_check)
    app.after_request(_headers)


def local(address: str | None) -> str | None:
    """Return an address within this site, or None: ``next`` must never lead elsewhere."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    clean = address.isprintable() and "\\" not in address
    return address if clean and not parts.scheme and not parts.netloc else None


def _check() -> AnyResponse | None:
    if request.endpoint is None or request.path.startswith(API):
        return None
    asked = getattr(current_app.view_functions[request.endpoint], "permission", None)
    if asked in ("public", "hook"):
        return None
    found = login()
    if found is None:
        return _to_login()
    if request.blueprint not in WITHOUT_SECOND and required.is_overdue(found, container().city.organisation):
        return _to(url_for("second_factor.page"))
    if isinstance(asked, Action):
        if not may(found.viewer, asked):
            abort(403)
    elif asked != "signed_in":
        abort(403)  # a view that asks nothing is nobody's
    if request.method not in SAFE:
        _check_token()
    return None


def _check_token() -> None:
    given = request.form.get("csrf") or request.headers.get("X-CSRF-Token") or ""
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        abort(400, "This form is from another log-in or has expired. Go back, load the page again and repeat it.")


def _to_login() -> AnyResponse:
    if request.accept_mimetypes.best == "application/json":
        abort(401)
    # What was posted is gone, so the way back leads to the page that holds the form.
    back = request.full_path.rstrip("?") if request.method == "GET" else urlsplit(request.referrer or "").path
    return _to(url_for("auth.login_page", next=local(back)))


def _to(address: str) -> AnyResponse:
    """Lead a whole page elsewhere, also one of which only a part was asked for."""
    if request.headers.get("HX-Request"):
        return Response("", 204, {"HX-Redirect": address})
    return redirect(address, 303)


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if not response.cache_control.public:
        if not response.cache_control.private:
            headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    if container().settings.base_url.startswith("https:"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _policy() -> str:
    live = urlsplit(container().settings.live_url)
    connect = f"'self' {live.scheme}://{live.netloc}" if live.netloc else "'self'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "media-src 'self' blob:; "
        f"connect-src {connect}; form-action 'self'; base-uri 'none'; "
        "frame-src 'self'; frame-ancestors 'none'"
    )
