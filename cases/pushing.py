"""Cases that nobody owns are given to agents, where their department wants that; any number of callers may run.

One caller at a time gives: it counts who has how many, and a second one would count the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import assignment, availability, profiles, rota, unowned
from cases.availability import Presence
from cases.choosing import Chosen, Hand, Tongue, choose, has_room
from cases.departments import City, Department
from cases.models import AgentProfile
from cases.permissions import SYSTEM

LOCK = 0x61737369  # this product's own number for giving cases out
MOST, LOOKED_AT = 100, 200
_TRY_LOCK = select(func.pg_try_advisory_xact_lock(LOCK))


def push(session: Session, *, city: City, at: datetime, most: int = MOST) -> int:
    """Give at most so many cases to agents; returns how many. What fits nobody stays where it is."""
    wanting = [one for one in city.departments.values() if one.assigning.push]
    if not any(unowned.waiting(session, one.key, most=1) for one in wanting) or not session.scalar(_TRY_LOCK):
        return 0
    staff = hands(session, city=city, at=at)
    chosen: dict[int, Chosen] = {}
    for department in wanting:
        here = [hand for hand, places in staff if department.key in places]
        chosen.update(_chosen(session, department, here, city=city, at=at, most=most - len(chosen)))
    held = unowned.hold(session, chosen)
    for case in held:
        given = chosen[case.id]
        assignment.give(session, case, given.hand.id, city=city, actor=SYSTEM.actor, at=at, why=given.why)
    profiles.got_one(session, [chosen[case.id].hand.id for case in held], at=at)
    return len(held)


def hands(session: Session, *, city: City, at: datetime) -> Sequence[tuple[Hand, frozenset[str]]]:
    """Return the agents who are there now, each with the departments in whose hours they are."""
    people, loads = rota.read(session, city, at=at), availability.loads_of(session)
    stored = {
        one.agent_id: one for one in session.scalars(select(AgentProfile).execution_options(populate_existing=True))
    }
    found = []
    for person in people.people.values():
        known = stored.get(person.id)
        places = frozenset(
            key
            for key, one in city.departments.items()
            if one.assigning.push
            and availability.of(people, known, person, city=city, at=at, department=key).presence is Presence.AVAILABLE
        )
        hand = Hand(person.viewer, loads.get(person.id, 0))
        if known is not None:
            hand.cap, hand.given_at = known.cap, known.given_at
            hand.languages, hand.skills = frozenset(known.languages), frozenset(known.skills)
        found.append((hand, places))
    return found


def tongue_of(city: City) -> Tongue:
    """Return what the reasons are worded with."""
    services = {one.key: one.name for department in city.departments.values() for one in department.services}
    return Tongue(city.organisation.default_language, city.texts.names, services)


def _chosen(
    session: Session, department: Department, here: Sequence[Hand], *, city: City, at: datetime, most: int
) -> dict[int, Chosen]:
    """Choose for as many cases of a department as there is room for, page by page: what fits nobody holds up none."""
    tongue, found = tongue_of(city), dict[int, Chosen]()
    terms = department.assigning
    after: tuple[Any, ...] = ()
    while len(found) < most and any(has_room(one, terms) for one in here):
        page = unowned.waiting(session, department.key, after=after, most=LOOKED_AT)
        if not page:
            break
        for case in page:
            chosen = choose(here, case, terms=terms, tongue=tongue) if len(found) < most else None
            if chosen is not None:
                found[case.id] = chosen
                chosen.hand.load, chosen.hand.given_at = chosen.hand.load + 1, at
        after = page[-1].place
    return found
