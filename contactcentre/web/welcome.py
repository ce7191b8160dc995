"""The page behind an invitation or a reset: whoever has the link chooses a password, once."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from cases.errors import Invalid, NotFound
from cases.logins import SETTING
from contactcentre.auth import choosing, links
from contactcentre.auth.password_rules import SHORTEST
from contactcentre.invitations import PATH
from contactcentre.web.context import container
from contactcentre.web.login import EXPIRED, halves_match, with_half
from contactcentre.web.permissions import requires

blueprint = Blueprint("welcome", __name__)
GONE = "This link is not good: it was used, has expired, or a newer one was made. Ask your administrator for a new one."


@blueprint.get(f"{PATH}<token>")
@requires("public")
def page(token: str) -> Response:
    """Show the form. Looking at it uses nothing up: telephones look at links before people do."""
    return _page(token)


@blueprint.post(f"{PATH}<token>")
@requires("public")
def choose(token: str) -> Response:
    """Set the password and lead to the log-in."""
    if not halves_match():
        return _page(token, EXPIRED, status=400)
    form, site = request.form, container()
    words = {"password": form.get("password", ""), "repeated": form.get("repeated", "")}
    try:
        choosing.by_link(site.db, token=token, organisation=site.city.organisation, **words)
    except Invalid as error:
        return _page(token, str(error), field=error.field or "", status=422)
    except NotFound:
        return _page(token)
    return _private(redirect(url_for("auth.login_page", done=""), 303))


def _page(token: str, error: str = "", *, field: str = "", status: int = 200) -> Response:
    with container().db.reader() as session:
        found = links.find(session, token, *SETTING)
        username = found[1].username if found else ""
    if not username:
        return _private(with_half("welcome.html", 404, path=PATH, error=GONE, username="", field="", shortest=SHORTEST))
    values = {"error": error, "username": username, "field": field, "shortest": SHORTEST}
    return _private(with_half("welcome.html", status, path=PATH, **values))


def _private(answer: Response) -> Response:
    """Keep the address, which holds the secret, from every other one."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
