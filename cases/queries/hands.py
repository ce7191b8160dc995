"""The people a forecast reckons with: who works on cases of some departments, and when they do so today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import availability, rota
from cases.choosing import WORKING
from cases.departments import City
from cases.forecast.values import Hand
from cases.models import AgentProfile
from cases.permissions import ANY_DEPARTMENT
from cases.recipients import Person, Staff, leave_at
from cases.sla.calendar import Span

#: behind the key of a department: its confidential cases
CONFIDENTIAL = " confidential"


def hands_of(
    session: Session, staff: Staff, wanted: Sequence[str], *, city: City, at: datetime, until: datetime
) -> list[Hand]:
    """Return who may be given cases of these departments, with the spans that they still work in until an instant."""
    profiles = {one.agent_id: one for one in session.scalars(select(AgentProfile))}
    found = []
    for person in staff.people.values():
        places = _places(person, wanted)
        if not places:
            continue
        calendar = rota.calendar_of(city, next(key for key in wanted if key in places))
        spans = list(staff.spans(person.id, calendar=calendar, since=at, until=until))
        free, why = _present(spans, profiles.get(person.id), at)
        leave = leave_at(person, at)
        found.append(Hand(person.id, person.viewer.name, free, places, "they are on leave" if leave else why))
    return found


def _present(spans: list[Span], profile: AgentProfile | None, at: datetime) -> tuple[list[Span], str]:
    """Return what is left of somebody's spans while they are switched to away, and why nothing is."""
    if profile is None or not availability.is_away(profile, at):
        return spans, ""
    back = profile.away_until
    if back is None:
        return [], "they have switched to away"
    return [Span(max(one.start, back), one.end) for one in spans if one.end > back], "they are away"


def _places(person: Person, wanted: Sequence[str]) -> frozenset[str]:
    """Return of which cases somebody may be given any: confidential ones are their own department's alone."""
    own = {department for role, department in person.viewer.grants if role in WORKING}
    everywhere = ANY_DEPARTMENT in own
    return frozenset(
        place
        for key in wanted
        for place in ([key] if everywhere or key in own else []) + ([key + CONFIDENTIAL] if key in own else [])
    )
