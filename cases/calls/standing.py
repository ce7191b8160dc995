"""How a call stands, in one read: the telephone that rings or talks in it, its wait, and whether anybody is free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from cases.calls import taking
from cases.models import CallLeg, PhoneCall, QueueStay

_LEG, _STAY = aliased(CallLeg), aliased(QueueStay)
_LAST_LEG = select(func.max(_LEG.id)).where(_LEG.call_id == PhoneCall.id, _LEG.ended_at.is_(None)).scalar_subquery()
_LAST_STAY = select(func.max(_STAY.id)).where(_STAY.call_id == PhoneCall.id, _STAY.left_at.is_(None)).scalar_subquery()
_STANDS = (
    select(CallLeg, QueueStay, taking.ANYBODY_FREE.label("free"))
    .select_from(PhoneCall)
    .outerjoin(CallLeg, CallLeg.id == _LAST_LEG)
    .outerjoin(QueueStay, QueueStay.id == _LAST_STAY)
    .where(PhoneCall.id == bindparam("call_id"))
)


@dataclass(frozen=True, slots=True)
class Stands:
    """``is_anybody_free``: whether any telephone could be rung now, but for leave, hours and departments."""

    leg: CallLeg | None
    stay: QueueStay | None
    is_anybody_free: bool


def of(session: Session, call: PhoneCall, *, at: datetime) -> Stands:
    """Return how a call stands."""
    leg, stay, is_free = session.execute(_STANDS, {"call_id": call.id, "now": at}).one()
    return Stands(leg, stay, bool(is_free))
