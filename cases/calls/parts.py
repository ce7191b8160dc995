"""An agent's own part in a call that goes on without them: handed on, and wrapped up by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases.models import CallLeg, PhoneCall

#: a person who was kept by something else does not lengthen the handling time beyond this
LONGEST_WRAP = 3600
MOST = 100
_LATEST = (
    select(CallLeg)
    .where(CallLeg.call_id == bindparam("call_id"), CallLeg.agent_id == bindparam("of_agent"))
    .order_by(CallLeg.id.desc())
    .limit(1)
)
_DUE = (
    select(PhoneCall, CallLeg)
    .join(CallLeg, CallLeg.call_id == PhoneCall.id)
    .where(CallLeg.wrap_until <= bindparam("at"), CallLeg.wrapped_at.is_(None))
    .limit(MOST)
    .with_for_update(of=PhoneCall, skip_locked=True)
    .execution_options(populate_existing=True)
)


def handed_on(session: Session, call: PhoneCall, agent_id: int | None) -> CallLeg | None:
    """Return an agent's own part in a call that went on without them, as long as nothing is written down of it."""
    session.flush()
    found = session.scalars(_LATEST, {"call_id": call.id, "of_agent": agent_id}).one_or_none()
    return found if found is not None and found.wrap_until is not None and found.disposition is None else None


def wrapped(call: PhoneCall, leg: CallLeg, *, at: datetime) -> None:
    """End the wrap-up of a part that was handed on, once; it counts as work on the call."""
    if leg.wrapped_at is None and leg.ended_at is not None:
        call.wrap_seconds += min(max(round((at - leg.ended_at).total_seconds()), 0), LONGEST_WRAP)
    leg.wrapped_at = leg.wrapped_at or at


def end_due(session: Session, *, at: datetime) -> int:
    """End the wrap-ups of parts whose time is over; returns how many."""
    due = session.execute(_DUE, {"at": at}).all()
    for call, leg in due:
        wrapped(call, leg, at=leg.wrap_until or at)
    session.flush()
    return len(due)
