"""The one way to a citizen's record: whether this viewer may know of it, must say why, or may change it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from cases import clock, reads
from cases.departments import City
from cases.errors import NotAllowed, NotFound
from cases.lifecycle import Status
from cases.models import Case, Citizen, Glass
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.queries import scope


class Door(StrEnum):
    """How a record stands to a viewer."""

    OPEN = "open"
    ASKS = "asks"  # for a reason first


def door(session: Session, viewer: Viewer, *, citizen_id: int, city: City) -> Door:
    """Tell whether a record may be shown or asks a reason first; ``NotFound`` where it is none of the viewer's.

    It is in the viewer's own queue while they may work on a case of the citizen that is not closed.
    """
    find(session, viewer, citizen_id=citizen_id)
    works = scope.visible(viewer, Action.NOTE)
    own = select(Case.id).where(Case.citizen_id == citizen_id, Case.status != Status.CLOSED, works).limit(1)
    if session.scalar(own) is not None or _through_glass(session, viewer, citizen_id):
        return Door.OPEN
    minutes = city.limits.record_minutes
    return Door.OPEN if reads.reason_holds(session, viewer, citizen_id=citizen_id, minutes=minutes) else Door.ASKS


def find(session: Session, viewer: Viewer, *, citizen_id: int) -> Citizen:
    """Return the record; ``NotFound`` for who is known from confidential cases alone that the viewer may not read."""
    nobody = NotFound("There is no such citizen, or none that you may see.", field="citizen")
    if viewer.kind not in (ViewerKind.AGENT, ViewerKind.TOKEN) or not may(viewer, Action.READ):
        raise nobody
    known = or_(scope.knows(viewer, ordinary=True), _glass(session, viewer))
    found = session.scalars(select(Citizen).where(Citizen.id == citizen_id, known)).one_or_none()
    if found is None:
        raise nobody
    return found


def for_change(session: Session, viewer: Viewer, *, citizen_id: int) -> Citizen:
    """Return the record, locked, for who may work on cases; ``NotAllowed`` where reading is all they may."""
    citizen = find(session, viewer, citizen_id=citizen_id)
    if not may(viewer, Action.NOTE):
        raise NotAllowed("Your role does not allow you to change what is known of citizens.")
    session.refresh(citizen, with_for_update=True)
    return citizen


def _through_glass(session: Session, viewer: Viewer, citizen_id: int) -> bool:
    query = select(Citizen.id).where(Citizen.id == citizen_id, _glass(session, viewer))
    return session.scalar(query) is not None


def _glass(session: Session, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``Citizen`` that the viewer gave a reason to read a case of theirs, which still holds."""
    holds = (Glass.agent_id == viewer.id, Glass.until > clock.now(session), func.cardinality(Case.about) == 0)
    return exists().where(Case.citizen_id == Citizen.id, Glass.case_id == Case.id, *holds)
