"""Electoral areas: whose an assembly member's is, set by an administrator."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from cases import clock, people, staff_changes
from cases.departments import City
from cases.dialogue_places import area_of
from cases.errors import Invalid
from cases.models import AgentArea
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.routing.places import Place


def offered(city: City) -> Sequence[str]:
    """Return the names of all areas: places that lie in no other one that is as small as an area."""
    return sorted(name for name, place in city.gazetteer.places.items() if area_of(city, name) == place)


def own(session: Session, viewer: Viewer, city: City) -> Place | None:
    """Return the viewer's area; None where they have none, or it is no area of the city's any more."""
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None or not may(viewer, Action.AREA):
        return None
    row = session.get(AgentArea, viewer.id)
    return area_of(city, row.area) if row is not None else None


def named(session: Session, viewer: Viewer, agent_id: int) -> str | None:
    """Return the name of somebody's area as it was set, for an administrator."""
    people.check(viewer)
    row = session.get(AgentArea, agent_id)
    return row.area if row is not None else None


def set_area(session: Session, viewer: Viewer, *, city: City, agent_id: int, area: str) -> None:
    """Set somebody's area, or none where it is empty; raises ``Invalid`` for what is no area."""
    people.changeable(session, viewer, agent_id)
    if area and area not in offered(city):
        raise Invalid("Choose an area of the list.", field="area")
    row = session.get(AgentArea, agent_id)
    if (row.area if row else "") == area:
        return
    if row is not None and not area:
        session.delete(row)
    elif row is None:
        session.add(AgentArea(agent_id=agent_id, area=area, set_by=viewer.actor, set_at=clock.now(session)))
    else:
        row.area, row.set_by, row.set_at = area, viewer.actor, clock.now(session)
    staff_changes.note(session, viewer, agent_id, "area", {"area": area or None})
