"""Who has a case open now, and who is writing: told by heartbeats, forgotten by silence, part of no history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import access, clock
from cases.base import table
from cases.models import Agent, Viewing
from cases.permissions import Viewer, ViewerKind
from cases.together import Instant, Number, first

#: a browser tells every ten seconds; after two missed it is taken to be gone
LASTS = timedelta(seconds=27)
#: how many heartbeats one page reads; more people than that do not work here
MOST_LOOKING = 1_000
_VIEWING = table(Viewing)


@dataclass(frozen=True, slots=True)
class Looking:
    """A colleague who has a case open. ``writing``: they have begun an answer."""

    case_id: int
    agent_id: int
    name: str
    writing: bool


def beat(session: Session, viewer: Viewer, *, reference: str, writing: bool) -> int | None:
    """Note that the viewer has a case open; returns its id, None for who is no agent. Raises ``NotFound``."""
    case = access.for_reading(session, viewer, reference=reference)
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        return None
    values = {"seen_at": clock.now(session), "writing": writing}
    write = insert(_VIEWING).values(case_id=case.id, agent_id=viewer.id, **values)
    session.execute(write.on_conflict_do_update(index_elements=["case_id", "agent_id"], set_=values))
    return case.id


def leave(session: Session, viewer: Viewer, *, reference: str) -> None:
    """Note that the viewer has closed a case."""
    case = access.for_reading(session, viewer, reference=reference)
    session.execute(delete(Viewing).where(Viewing.case_id == case.id, Viewing.agent_id == (viewer.id or 0)))


def part(viewer: Viewer, case_ids: Iterable[Number] | None, *, now: Instant) -> Select[*tuple[Any, ...]]:
    """Return the read of the viewer's colleagues who look at these cases, or at any: the caller shows only those of
    cases that the viewer may see.
    """
    columns = (Viewing.case_id, Viewing.agent_id, Agent.name, Viewing.writing)
    fresh = Viewing.seen_at > now - LASTS
    query = select(*columns).join(Agent, Agent.id == Viewing.agent_id)
    others = Viewing.agent_id != (viewer.id or 0)
    if case_ids is not None:
        query = query.where(Viewing.case_id.in_(list(case_ids)))
    return query.where(others, fresh).order_by(Viewing.case_id, Agent.name).limit(first(MOST_LOOKING))


def of_part(rows: Iterable[Any]) -> tuple[Looking, ...]:
    """Return who looks, of the rows of :func:`part`."""
    return tuple(Looking(one.case_id, one.agent_id, one.name, one.writing) for one in rows)


def forget(session: Session) -> int:
    """Remove who has gone without a word; returns how many."""
    gone = session.execute(delete(Viewing).where(Viewing.seen_at <= clock.now(session) - LASTS))
    return int(getattr(gone, "rowcount", 0))
