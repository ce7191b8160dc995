"""What a case is about and how urgent it is; the promises follow, and what was used of them stays used."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cases import access, clock
from cases.departments import City
from cases.errors import Invalid
from cases.models import Case
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer
from cases.sla import changes
from cases.sla.policy import PRIORITIES
from cases.sla.promises import policy_of


def set_priority(session: Session, viewer: Viewer, *, city: City, reference: str, priority: str) -> Case:
    """Change a case's priority, and put its live promises under the policy that fits it then."""
    if priority not in PRIORITIES:
        raise Invalid(f"{priority!r} is no priority; one of {', '.join(PRIORITIES)}.", field="priority")
    case = access.for_change(session, viewer, Action.TRANSITION, reference=reference)
    values = {"from": case.priority, "to": priority}
    case.priority = priority
    return _under_new_policy(session, case, Happened("priority_changed", viewer.actor, values), city=city)


def set_service(session: Session, viewer: Viewer, *, city: City, reference: str, service: str) -> Case:
    """Say which of its department's services a case is about."""
    case = access.for_change(session, viewer, Action.TRANSITION, reference=reference)
    department = city.departments.get(case.department or "")
    offered = {one.key: one for one in department.services} if department else {}
    if service not in offered:
        known = ", ".join(sorted(offered)) or "none"
        raise Invalid(f"{service!r} is no service of this department; one of {known}.", field="service")
    values = {"from": case.service, "to": service}
    case.service, case.family = service, offered[service].family
    return _under_new_policy(session, case, Happened("service_changed", viewer.actor, values), city=city)


def _under_new_policy(session: Session, case: Case, happened: Happened, *, city: City) -> Case:
    at, policy = clock.now(session), policy_of(city, case)
    moved = changes.retarget(session, case, policy, version=city.version, calendars=city.calendars, at=at)
    record(session, case, [happened, *moved], at=at)
    return case
