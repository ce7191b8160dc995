"""Wrap-ups and their end by time; an agent's own part in a call that goes on without them has one of its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from cases.base import table
from cases.models import CallLeg, PhoneCall
from cases.together import Instant

#: a person who was kept by something else does not lengthen the handling time beyond this
LONGEST_WRAP = 3600
MOST = 100
_CALLS = table(PhoneCall)
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
_WRAPPED = (
    update(_CALLS)
    .where(_CALLS.c.wrap_until <= bindparam("at"), _CALLS.c.wrapped_at.is_(None), _CALLS.c.ended_at.is_not(None))
    .values(
        wrapped_at=_CALLS.c.wrap_until,
        wrap_seconds=_CALLS.c.wrap_seconds
        + func.greatest(func.extract("epoch", _CALLS.c.wrap_until - _CALLS.c.ended_at), 0),
    )
    .returning(_CALLS.c.id)
)


def since(agent_id: SQLColumnExpression[int], at: Instant) -> ColumnElement[datetime | None]:
    """Return since when an agent wraps up, a call or a part that they handed on; null for who does not."""
    return func.greatest(
        *(
            select(func.max(one.ended_at))
            .where(one.agent_id == agent_id, one.wrap_until > at, one.wrapped_at.is_(None))
            .scalar_subquery()
            for one in (aliased(PhoneCall), aliased(CallLeg))
        )
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
    """End the wrap-ups whose time is over, of calls and of parts that were handed on; returns how many."""
    due = session.execute(_DUE, {"at": at}).all()
    for call, leg in due:
        wrapped(call, leg, at=leg.wrap_until or at)
    session.flush()
    return len(due) + len(session.execute(_WRAPPED, {"at": at}).all())
