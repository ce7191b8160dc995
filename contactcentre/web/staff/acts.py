"""What administrators do to people: add, name, give roles, invite, unlock, take out. A faulty form comes back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import make_response, request, url_for
from werkzeug.wrappers import Response

from cases import areas, people, person_fields, staff_changes
from cases.errors import DomainError, Invalid, NotAllowed, NotFound
from cases.permissions import Action
from contactcentre import invitations
from contactcentre.auth import lockout, second_factor
from contactcentre.db import UnitOfWork
from contactcentre.invitations import Made
from contactcentre.phones import phone_of
from contactcentre.web.context import container, viewer
from contactcentre.web.desk.returning import nudge
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, first_time
from contactcentre.web.staff import blueprint
from contactcentre.web.staff.pages import grants_sent, link_page, new_page, person_page


@blueprint.post("/new")
@requires(Action.CONFIGURE)
def add() -> Response:
    """Add somebody, without a password: they are invited from their own page."""
    form, city = request.form, container().city

    def work(uow: UnitOfWork) -> str:
        phone, grants = phone_of(form.get("phone", ""), city.organisation), grants_sent()
        if not grants:
            raise Invalid("Choose at least one role and where it holds.", field="roles")
        for role, department in grants:
            person_fields.check_grant(role, department, departments=city.departments)
        username, name = form.get("username", "").strip().lower(), form.get("name", "")
        made = people.add(uow.session, viewer(), username=username, name=name, grants=grants, phone=phone)
        return url_for("staff.person", agent_id=made.id, saved="added")

    try:
        return change(work)
    except DomainError as error:
        return make_response(new_page(error), 422)


@blueprint.post("/<int:agent_id>/name")
@requires(Action.CONFIGURE)
def name(agent_id: int) -> Response:
    """Set name and telephone."""

    def work(uow: UnitOfWork) -> str:
        phone = phone_of(request.form.get("phone", ""), container().city.organisation)
        people.set_name(uow.session, viewer(), agent_id=agent_id, name=request.form.get("name", ""), phone=phone)
        return _saved(agent_id, "name")

    return _or_again(agent_id, "name", work)


@blueprint.post("/<int:agent_id>/roles")
@requires(Action.CONFIGURE)
def roles(agent_id: int) -> Response:
    """Set roles; the person is logged out."""
    departments = container().city.departments

    def work(uow: UnitOfWork) -> str:
        people.set_roles(uow.session, viewer(), agent_id=agent_id, grants=grants_sent(), departments=departments)
        return _saved(agent_id, "roles")

    return _or_again(agent_id, "roles", work)


@blueprint.post("/<int:agent_id>/area")
@requires(Action.CONFIGURE)
def area(agent_id: int) -> Response:
    """Set an assembly member's electoral area."""

    def work(uow: UnitOfWork) -> str:
        named = request.form.get("area", "")
        areas.set_area(uow.session, viewer(), city=container().city, agent_id=agent_id, area=named)
        return _saved(agent_id, "area")

    return _or_again(agent_id, "area", work)


@blueprint.post("/<int:agent_id>/link")
@requires(Action.CONFIGURE)
def link(agent_id: int) -> Response:
    """Make an invitation, or the link of a new password: told by text message, or shown this once."""
    by_sms = request.form.get("by") == "sms"

    def work(uow: UnitOfWork) -> Made:
        made = invitations.make(uow.session, viewer(), container(), agent_id=agent_id, by_sms=by_sms)
        if made.account is not None:
            uow.after_commit(partial(nudge, made.account))
        return made

    try:
        return link_page(agent_id, first_time(work))
    except NotFound:
        raise
    except DomainError as error:
        return make_response(person_page(agent_id, error, wrong="link"), 422)


@blueprint.post("/<int:agent_id>/unlock")
@requires(Action.CONFIGURE)
def unlock(agent_id: int) -> Response:
    """Forget somebody's failed log-ins."""

    def work(uow: UnitOfWork) -> str:
        lockout.unlock(uow.session, people.changeable(uow.session, viewer(), agent_id).username)
        staff_changes.note(uow.session, viewer(), agent_id, "unlocked", {})
        return _saved(agent_id, "unlock")

    return _or_again(agent_id, "unlock", work)


@blueprint.post("/<int:agent_id>/second-factor")
@requires(Action.CONFIGURE)
def factor(agent_id: int) -> Response:
    """Take somebody's second factor off, whose telephone is lost. One's own goes by one's own page and password."""

    def work(uow: UnitOfWork) -> str:
        people.changeable(uow.session, viewer(), agent_id)
        if agent_id == viewer().id:
            raise NotAllowed("Your own second factor is changed on your account's page.", field="factor")
        second_factor.reset(uow.session, viewer(), agent_id)
        return _saved(agent_id, "factor")

    return _or_again(agent_id, "factor", work)


@blueprint.post("/<int:agent_id>/disable")
@requires(Action.CONFIGURE)
def disable(agent_id: int) -> Response:
    """End somebody's work here."""

    def work(uow: UnitOfWork) -> str:
        people.disable(uow.session, viewer(), agent_id=agent_id)
        return _saved(agent_id, "disable")

    return _or_again(agent_id, "disable", work)


@blueprint.post("/<int:agent_id>/enable")
@requires(Action.CONFIGURE)
def enable(agent_id: int) -> Response:
    """Let somebody work here again."""

    def work(uow: UnitOfWork) -> str:
        people.enable(uow.session, viewer(), agent_id=agent_id)
        return _saved(agent_id, "enable")

    return _or_again(agent_id, "enable", work)


def _saved(agent_id: int, what: str) -> str:
    return url_for("staff.person", agent_id=agent_id, saved=what)


def _or_again(agent_id: int, form: str, work: Callable[[UnitOfWork], str]) -> Response:
    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        return make_response(person_page(agent_id, error, wrong=form), 422)
