"""What an undo needs of the promises of a case: which ended, which began, which moved, and how it puts them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Case, Timer
from cases.models.event import Happened
from cases.sla import changes, endings
from cases.sla.timers import LIVE, Calendars, live

Kept = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """The live promises of a case as they stood: start and terms by id."""

    timers: Mapping[int, tuple[datetime, dict[str, Any]]]
    status: str


def look(session: Session, case: Case) -> Standing:
    """Note how the promises of a locked case stand before it is rearranged."""
    found = {timer.id: (timer.started_at, dict(timer.policy)) for timer in live(session, case)}
    return Standing(found, case.status)


def compare(session: Session, case: Case, before: Standing) -> Kept:
    """Return what has become of them since."""
    now = look(session, case).timers
    moved = [
        {"id": one, "started_at": then[0].isoformat(), "policy": then[1], "now": now[one][1]}
        for one, then in before.timers.items()
        if one in now and now[one] != then
    ]
    return {
        "ended": sorted(set(before.timers) - set(now)),
        "began": sorted(set(now) - set(before.timers)),
        "moved": moved,
        "status": before.status,
        "seq": case.event_seq,
    }


def put_back(
    session: Session, case: Case, kept: Kept, *, calendars: Calendars, at: datetime, why: str
) -> list[Happened]:
    """End the promises that began, let those run again that ended, and move back those that moved.

    What has been kept, or has breached, in the meantime stays as it is; the case has the status again that it had.
    """
    happened = endings.end_some(session, case, kept["began"], at=at, why=why)
    for one in kept["moved"]:
        timer = session.get_one(Timer, one["id"])
        started, terms = datetime.fromisoformat(one["started_at"]), one["policy"]
        own = terms if timer.policy == one["now"] else None
        happened += changes.put_back(session, case, timer, started=started, policy=own, calendars=calendars, at=at)
    ended = select(Timer).where(Timer.id.in_(kept["ended"]), Timer.state.not_in(LIVE)).order_by(Timer.id)
    return [
        *happened,
        *endings.revive(session, case, session.scalars(ended).all(), calendars=calendars, at=at, why=why),
    ]
