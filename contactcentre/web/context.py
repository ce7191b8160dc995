"""What a page's view knows: the process's container, and who has logged in."""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request
from werkzeug.exceptions import Unauthorized

from cases.permissions import Viewer
from contactcentre.auth import sessions
from contactcentre.auth.sessions import Found
from contactcentre.container import Container


def container() -> Container:
    """Return this application's container."""
    return cast(Container, current_app.extensions["contactcentre"])


def login() -> Found | None:
    """Return this request's log-in, looked up once."""
    if "login" not in g:
        g.login = _look_up(request.cookies.get(sessions.COOKIE))
    return cast(Found | None, g.login)


def viewer() -> Viewer:
    """Return the agent who is logged in; only for views that require it."""
    found = login()
    if found is None:
        raise Unauthorized
    return found.viewer


def csrf_token() -> str:
    """Return the token that this log-in's forms carry, or nothing without one."""
    found = login()
    return found.row.csrf_token if found else ""


def _look_up(token: str | None) -> Found | None:
    if not token:
        return None
    site = container()
    with site.db.reader() as session:
        found = sessions.find(session, token, idle=site.settings.session_idle)
    if found is not None and found.stale:
        site.db.run(lambda uow: sessions.touch(uow.session, found.row.token_hash, at=found.at))
    return found
