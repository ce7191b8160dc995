"""The flagged numbers, and those that were: who flagged them, why, and who lifted it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from cases import clock
from cases.calls import flags
from cases.models import Agent, CallerFlag
from cases.permissions import Viewer

#: how many flags the list shows, those that hold first
SHOWN = 100


@dataclass(frozen=True, slots=True)
class FlagLine:
    """One flag with the names of who set and who lifted it. ``holds``: it still counts."""

    id: int
    number: str
    reason: str
    by: str
    flagged_at: datetime
    expires_at: datetime
    lifted_at: datetime | None
    lifted_by: str | None
    holds: bool


def listed(session: Session, viewer: Viewer) -> Sequence[FlagLine]:
    """Return the flags, those that hold first, then the latest."""
    flags.require(viewer)
    at, lifter = clock.now(session), aliased(Agent)
    holds = (CallerFlag.lifted_at.is_(None) & (CallerFlag.expires_at > at)).label("holds")
    query = (
        select(
            *(CallerFlag.id, CallerFlag.number, CallerFlag.reason, Agent.name, CallerFlag.flagged_at),
            *(CallerFlag.expires_at, CallerFlag.lifted_at, lifter.name, holds),
        )
        .join(Agent, Agent.id == CallerFlag.flagged_by)
        .outerjoin(lifter, lifter.id == CallerFlag.lifted_by)
        .order_by(holds.desc(), CallerFlag.id.desc())
        .limit(SHOWN)
    )
    return tuple(FlagLine(*row) for row in session.execute(query))
