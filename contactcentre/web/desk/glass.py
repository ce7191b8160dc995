"""Opening a confidential case of another unit with a reason, and naming whom a case complains of."""

from __future__ import annotations

from flask import render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from cases import access, conduct, glass, reasons, references
from cases.departments import City
from cases.errors import DomainError, Invalid, NotFound
from cases.models import Agent, Case
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import asking, blueprint, room
from contactcentre.web.desk.drafts import sent
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

_PEOPLE = select(Agent.id, Agent.name).where(Agent.active).order_by(Agent.name)


@blueprint.post("/cases/<reference>/glass")
@requires(Action.READ)
def break_glass(reference: str) -> AnyResponse:
    """Open a confidential case for the reason that was given."""
    form, city = request.form, container().city

    def work(uow: UnitOfWork) -> str:
        reason = reasons.read(form.get("why", ""), form.get("words", ""))
        glass.break_(uow.session, viewer(), reference=reference, reason=reason, city=city)
        return room.case_address(references.parse(reference) or "")

    try:
        return change(work)
    except Invalid as error:
        return asking.ask(reference, sent("glass").refused(error))


@blueprint.get("/cases/<reference>/about")
@requires(Action.TRANSITION)
def about(reference: str) -> str:
    """Show whom a complaint about the Assembly's own people names, and the form that names them."""
    return _about(reference, "")


@blueprint.post("/cases/<reference>/about")
@requires(Action.TRANSITION)
def name_about(reference: str) -> AnyResponse | tuple[str, int]:
    """Say whom a complaint is about: these no longer see it."""
    form, city = request.form, container().city

    def work(uow: UnitOfWork) -> str:
        agents = [int(one) for one in form.getlist("agents") if one.isascii() and one.isdigit()]
        units = [one for one in form.getlist("units") if one]
        conduct.name_about(uow.session, viewer(), city=city, reference=reference, agents=agents, units=units)
        return room.case_address(references.parse(reference) or "")

    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        return _about(reference, str(error)), 422


def _about(reference: str, fault: str) -> str:
    city = container().city
    with container().db.reader() as session:
        case = access.for_reading(session, viewer(), reference=reference)
        if not city.is_conduct(case.department):
            raise NotFound("This case is not about the conduct of staff.", field="reference")
        people = session.execute(_PEOPLE).all()
        shown = room.load(session, viewer(), city=city)
    return render_template(
        "desk/about.html", room=shown, city=city, matter=case, people=people, units=_units(city, case), fault=fault,
        key=new_key(),
    )  # fmt: skip


def _units(city: City, case: Case) -> list[tuple[str, str]]:
    every = sorted(city.departments.values(), key=lambda one: one.name)
    return [(one.key, one.name) for one in every if one.key != case.department]
