"""A draft of the configuration: all its faults, what it would change and touch, and then its activation."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from cases.errors import DomainError, Stale
from cases.permissions import Action
from config import loader
from contactcentre import configuration_drafts, configurations, looking
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("drafts", __name__, url_prefix="/admin/configuration/drafts")


@blueprint.get("/<int:number>")
@requires(Action.CONFIGURE)
def page(number: int) -> str:
    """Show a draft beside what is active."""
    return _page(number)


@blueprint.get("/<int:number>.diff")
@requires(Action.CONFIGURE)
def difference(number: int) -> Response:
    """Give the whole difference from the version that the draft was made from."""
    with container().db.reader() as session:
        draft = configuration_drafts.find(session, viewer(), number)
        base = configurations.numbered(session, draft.parent)
    return as_text(loader.diff(base.raw, draft.raw))


@blueprint.post("/<int:number>/activate")
@requires(Action.CONFIGURE)
def activate(number: int) -> Response:
    """Make the files that were looked at the active version."""
    who, shown, reason = viewer(), request.form.get("hash", ""), request.form.get("reason", "")

    def work(uow: UnitOfWork) -> str:
        made = configuration_drafts.activate(uow.session, who, number, shown=shown, reason=reason)
        return url_for("versions.table", saved=made)

    try:
        return change(work)
    except DomainError as error:
        return _again(number, error)


@blueprint.post("/<int:number>/carry")
@requires(Action.CONFIGURE)
def carry(number: int) -> Response:
    """Make the draft's changes anew from the version that is active by now."""
    who = viewer()
    try:
        return change(
            lambda uow: url_for("drafts.page", number=configuration_drafts.carry_over(uow.session, who, number))
        )
    except DomainError as error:
        return _again(number, error)


@blueprint.post("/<int:number>/discard")
@requires(Action.CONFIGURE)
def discard(number: int) -> Response:
    """Throw the draft away."""
    who = viewer()

    def work(uow: UnitOfWork) -> str:
        configuration_drafts.discard(uow.session, who, number)
        return url_for("configuration.overview")

    return change(work)


def as_text(difference: str) -> Response:
    """Return a difference as plain text, to be read or kept."""
    return make_response(difference, 200, {"Content-Type": "text/plain; charset=utf-8"})


def _again(number: int, error: DomainError) -> Response:
    shown = _page(number, error=str(error), reason=request.form.get("reason", ""))
    return make_response(shown, 409 if isinstance(error, Stale) else 422)


def _page(number: int, *, error: str = "", reason: str = "") -> str:
    site, who = container(), viewer()
    with site.db.reader() as session:
        draft = configuration_drafts.find(session, who, number)
        active = configurations.active(session)
        assert active is not None, "a draft has a parent, so one is active"
        base = active if draft.parent == active.number else configurations.numbered(session, draft.parent)
    known = site.city if site.city.version == base.number else None
    found = looking.look(site.db, who, draft.raw, base, before=known)
    return render_template(
        "admin/draft.html",
        draft=draft,
        active=active.number,
        behind=draft.parent != active.number,
        found=found,
        error=error,
        reason=reason,
        form_key=new_key(),
    )
