"""By what name people know whoever signed a version of the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Agent
from cases.permissions import ViewerKind

_AGENT = f"{ViewerKind.AGENT}:"


def signed(session: Session, actors: Iterable[str]) -> Mapping[str, str]:
    """Return how to show each author: an agent by name with the number that is stored, others as they are stored."""
    every = set(actors)
    ids = {int(one.removeprefix(_AGENT)): one for one in every if one.startswith(_AGENT) and one[6:].isdecimal()}
    names = session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(ids))) if ids else ()
    known = {ids[number]: f"{name} ({ids[number]})" for number, name in names}
    return {one: known.get(one, one) for one in every}
