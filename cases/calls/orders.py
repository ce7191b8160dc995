"""What gateways are to be asked about calls: ordered here, carried out by a worker under a lease, at most once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from cases.base import table
from cases.models import CallOrder, PhoneCall

PLACE, HOLD, MOVE, HANG_UP = "place", "hold", "move", "hang_up"
WAITING, DOING, DONE, FAILED, UNKNOWN, COUNTED = "waiting", "doing", "done", "failed", "unknown", "counted"
#: a worker that dies while it asks has asked, or not: nobody asks again
LEASE = timedelta(seconds=60)
LAPSED = "Nobody knows whether the gateway did it; look at the telephone."
_ORDERS = table(CallOrder)
_CLAIM = (
    select(CallOrder)
    .where(CallOrder.account == bindparam("of_account"), CallOrder.state == WAITING)
    .order_by(CallOrder.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_ACCOUNTS = select(CallOrder.account).where(CallOrder.state == WAITING).distinct()
_LATEST = (
    select(CallOrder)
    .where(CallOrder.call_id == bindparam("call_id"), CallOrder.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(CallOrder.id.desc())
    .limit(1)
)
_LAPSED = (
    select(CallOrder)
    .where(CallOrder.state == DOING, CallOrder.lease_until < bindparam("at"))
    .with_for_update(skip_locked=True)
)
_DROP = (
    update(_ORDERS)
    .where(_ORDERS.c.call_id == bindparam("of_call"), _ORDERS.c.state == WAITING)
    .values(state=FAILED, reason=bindparam("why"), ended_at=bindparam("instant"))
)


def give(
    session: Session, call: PhoneCall, kind: str, *, by: int | None, at: datetime, to: str | None = None
) -> CallOrder:
    """Order something of a call's gateway."""
    order = CallOrder(call_id=call.id, account=call.account, kind=kind, state=WAITING, ordered_at=at, ordered_by=by)
    order.to = to
    session.add(order)
    session.flush()
    return order


def claim(session: Session, *, account: str, at: datetime, most: int = 1) -> Sequence[CallOrder]:
    """Take what waits for an account, each for one worker; it is never taken again."""
    taken = session.scalars(_CLAIM, {"of_account": account, "most": most}).all()
    for one in taken:
        one.state, one.lease_until = DOING, at + LEASE
    return taken


def waiting_accounts(session: Session) -> Sequence[str]:
    """Return the accounts for which something waits."""
    return session.scalars(_ACCOUNTS).all()


def latest(session: Session, call: PhoneCall, *kinds: str) -> CallOrder | None:
    """Return what was last ordered of these kinds in a call."""
    session.flush()
    return session.scalars(_LATEST, {"call_id": call.id, "kinds": list(kinds)}).one_or_none()


def settle(order: CallOrder, state: str, *, at: datetime, reason: str | None = None) -> bool:
    """Note how an order came out; False where that was noted before."""
    if order.state not in (WAITING, DOING):
        return False
    order.state, order.reason, order.ended_at, order.lease_until = state, reason, at, None
    return True


def lapsed(session: Session, *, at: datetime) -> Sequence[CallOrder]:
    """Return the orders of workers that died over them, locked."""
    return session.scalars(_LAPSED, {"at": at}).all()


def drop(session: Session, call: PhoneCall, *, why: str, at: datetime) -> None:
    """Let nobody carry out what still waits: the call is over."""
    session.flush()
    session.execute(_DROP, {"of_call": call.id, "why": why, "instant": at})
