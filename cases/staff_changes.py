"""A trace of who changed what of somebody who works here, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, func, select
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Agent, StaffChange
from cases.permissions import Viewer

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``by`` is a name; ``kind`` and ``values`` say what it was."""

    at: datetime
    by: str
    kind: str
    values: Mapping[str, Any]


def note(session: Session, viewer: Viewer, agent_id: int, kind: str, values: Mapping[str, Any]) -> None:
    """Write down a change that the viewer has made; ``values`` must be such as JSON knows."""
    at = clock.now(session)
    session.add(StaffChange(agent_id=agent_id, actor=viewer.actor, kind=kind, values=dict(values), at=at))


def latest(session: Session, agent_id: int, *, limit: int = SHOWN) -> Sequence[Change]:
    """Return the latest changes of somebody, newest first; the caller has asked whether the viewer may see them."""
    query = (
        select(StaffChange.at, Agent.name, StaffChange.actor, StaffChange.kind, StaffChange.values)
        .outerjoin(Agent, StaffChange.actor == func.concat("agent:", Agent.id.cast(String)))
        .where(StaffChange.agent_id == agent_id)
        .order_by(StaffChange.id.desc())
        .limit(limit)
    )
    return [Change(at, name or actor, kind, values) for at, name, actor, kind, values in session.execute(query)]
