"""Complaints about the Assembly's own people: whom they name never sees them, and they stay there."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, clock
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.models import Agent, Case
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer


def name_about(
    session: Session, viewer: Viewer, *, city: City, reference: str, agents: Collection[int], units: Collection[str]
) -> Case:
    """Say whom a case complains of: agents and units, who from now on do not see it; none of them takes all back.

    Raises ``Invalid`` for a case that no department for the conduct of staff has, and for that department itself.
    """
    case = access.for_change(session, viewer, Action.TRANSITION, reference=reference)
    if not city.is_conduct(case.department):
        raise NotFound("This case is not about the conduct of staff.", field="reference")
    if case.department in units:
        raise Invalid("The unit that hears the complaint cannot be the one complained of here.", field="unit")
    unknown = sorted(set(units) - set(city.departments))
    if unknown:
        raise Invalid(f"There is no unit {unknown[0]!r}.", field="unit")
    known = set(session.scalars(select(Agent.id).where(Agent.id.in_(agents))))
    if set(agents) - known:
        raise Invalid("There is no such person here.", field="agent")
    about = sorted({*(f"agent:{one}" for one in agents), *(f"unit:{one}" for one in units)})
    if about == case.about:
        return case
    case.about = about
    record(session, case, [Happened("about_named", viewer.actor, {}, {"about": about})], at=clock.now(session))
    return case


def check_transfer(case: Case, *, city: City, to: str) -> None:
    """Refuse to hand on a complaint that names whom it is about; ``Invalid`` says what to do instead."""
    if case.about and not city.is_conduct(to):
        raise Invalid(
            "This case names whom it complains of, so it stays here. Take the names back first, or open another case.",
            field="department",
        )
