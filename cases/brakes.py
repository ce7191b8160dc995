"""What holds messages back: a brake that a person pulls, caps of the day, and the countries that are written to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.errors import Invalid, NotAllowed
from cases.models import Brake, OutboxEntry, OutboxTally
from cases.permissions import Action, Viewer, may

ALL = "all"
_BRAKED = select(Brake.scope)
_TALLY = select(OutboxTally.messages, OutboxTally.cost).where(
    OutboxTally.day == bindparam("day"), OutboxTally.scope == bindparam("scope")
)
_SENT_TO = (
    select(OutboxEntry.recipient, func.count().label("messages"))
    .where(
        OutboxEntry.recipient.in_(bindparam("recipients", expanding=True)), OutboxEntry.sent_at >= bindparam("since")
    )
    .group_by(OutboxEntry.recipient)
)
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Caps:
    """Bounds of one day of the city. None: no bound. ``prefixes`` are the calling codes that are written to at all."""

    zone: str = "UTC"
    prefixes: tuple[str, ...] = ()
    per_recipient: int | None = None
    per_prefix: int | None = None
    spend: float | None = None

    def prefix_of(self, number: str) -> str | None:
        """Return the allowed calling code that a number begins with."""
        return next((one for one in self.prefixes if number.startswith(one)), None)


NO_CAPS = Caps()


def pull(session: Session, viewer: Viewer, *, scope: str, reason: str, at: datetime) -> None:
    """Stop sending of everything, or of one message class, until it is let go."""
    _check(viewer)
    row = {"scope": scope, "reason": reason, "set_by": viewer.name or viewer.actor, "since": at}
    session.execute(insert(Brake).values(row).on_conflict_do_update(index_elements=["scope"], set_=row))


def let_go(session: Session, viewer: Viewer, *, scope: str) -> None:
    """Send again; raises ``Invalid`` where there was no such brake."""
    _check(viewer)
    if session.execute(delete(Brake).where(Brake.scope == scope).returning(Brake.scope)).first() is None:
        raise Invalid(f"No brake is on {scope!r}.", field="scope")


def braked(session: Session) -> Sequence[str]:
    """Return the scopes that are stopped."""
    return session.scalars(_BRAKED).all()


def room(session: Session, caps: Caps, *, account: str, now: datetime, limit: int) -> int:
    """Return how many messages an account may still take today, at most ``limit``; 0 once the money is spent."""
    if caps.spend is None:
        return limit
    spent = session.execute(_TALLY, {"day": day_of(now, caps.zone), "scope": f"account:{account}"}).one_or_none()
    return limit if (spent.cost if spent else 0.0) < caps.spend else 0


def used_up(session: Session, caps: Caps, *, now: datetime) -> Sequence[str]:
    """Return what has reached its bound today: ``account:ID`` whose money is spent, ``prefix:+CC`` of a country."""
    bounds = (("account:", OutboxTally.cost, caps.spend), ("prefix:", OutboxTally.messages, caps.per_prefix))
    full = [and_(OutboxTally.scope.startswith(kind), held >= most) for kind, held, most in bounds if most is not None]
    if not full:
        return ()
    query = select(OutboxTally.scope).where(OutboxTally.day == day_of(now, caps.zone), or_(*full))
    return session.scalars(query.order_by(OutboxTally.scope)).all()


def refusals(session: Session, entries: Sequence[OutboxEntry], caps: Caps, *, now: datetime) -> dict[int, str]:
    """Return, by entry, why it must not leave now: a country that is not written to, or a cap that is used up.

    A cap is for first attempts. So it does not stop what it has let through once, nor what a person has released.
    """
    phones = [entry for entry in entries if entry.recipient_kind == "phone"]
    found = {one.id: _FOREIGN for one in phones if caps.prefixes and caps.prefix_of(one.recipient) is None}
    for cap in (_over_recipient, _over_prefix):
        left = [one for one in phones if one.id not in found and one.attempts == 1]
        found |= cap(session, left, caps, now) if left else {}
    return found


def tally(session: Session, caps: Caps, *, account: str, costs: Sequence[str | None], at: datetime) -> None:
    """Count what an account has sent: the cost of each message, in the gateway's words."""
    if costs:
        spent = sum(amount(one) for one in costs)
        _add(session, day_of(at, caps.zone), f"account:{account}", messages=len(costs), cost=spent)


def amount(cost: str | None) -> float:
    """Return the number in a gateway's price such as ``GHS 0.0300`` or ``-0.0075``; 0 where it names none."""
    found = _AMOUNT.search(cost or "")
    return float(found.group()) if found else 0.0


def day_of(at: datetime, zone: str) -> date:
    """Return the city's day of an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


_FOREIGN = "Numbers of this country are not written to. An administrator can allow it."
_TOO_MANY = "This number has had all messages that one number gets in a day. A supervisor can release it."
_TOO_MANY_THERE = "The day's messages to this country are used up. A supervisor can release it."


def _over_recipient(session: Session, entries: list[OutboxEntry], caps: Caps, now: datetime) -> dict[int, str]:
    if caps.per_recipient is None:
        return {}
    midnight = datetime.combine(day_of(now, caps.zone), time(), ZoneInfo(caps.zone))
    values = {"recipients": [one.recipient for one in entries], "since": midnight}
    sent: dict[str, int] = {row.recipient: row.messages for row in session.execute(_SENT_TO, values)}
    return {one.id: _TOO_MANY for one in entries if sent.get(one.recipient, 0) >= caps.per_recipient}


def _over_prefix(session: Session, entries: list[OutboxEntry], caps: Caps, now: datetime) -> dict[int, str]:
    """Count messages by calling code before they are sent, so that many senders at once stay within the cap."""
    if caps.per_prefix is None:
        return {}
    over: dict[int, str] = {}
    by_prefix: dict[str, list[int]] = {}
    for one in entries:
        by_prefix.setdefault(caps.prefix_of(one.recipient) or one.recipient[:4], []).append(one.id)
    for prefix, ids in sorted(by_prefix.items()):
        total = _add(session, day_of(now, caps.zone), f"prefix:{prefix}", messages=len(ids))
        beyond = min(max(total - caps.per_prefix, 0), len(ids))
        if beyond:
            _add(session, day_of(now, caps.zone), f"prefix:{prefix}", messages=-beyond)
            over |= dict.fromkeys(ids[-beyond:], _TOO_MANY_THERE)
    return over


def _add(session: Session, day: date, scope: str, *, messages: int, cost: float = 0.0) -> int:
    new = insert(OutboxTally).values(day=day, scope=scope, messages=messages, cost=cost)
    more = {"messages": OutboxTally.messages + messages, "cost": OutboxTally.cost + cost}
    counted = new.on_conflict_do_update(index_elements=["day", "scope"], set_=more).returning(OutboxTally.messages)
    return int(session.execute(counted).scalar_one())


def _check(viewer: Viewer) -> None:
    if not may(viewer, Action.OPERATE):
        raise NotAllowed("The outbox's brakes are for supervisors and administrators.")
