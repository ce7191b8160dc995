"""Who hears of an incident: the people of its cases, each once, by the account and in the language that are theirs.

Who has a case of their own is answered; who only follows is told, and not once they have sent STOP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import access, brakes, clock, reaching
from cases.departments import City
from cases.filing import incidents
from cases.lifecycle import ENDED
from cases.messages import Address as AddressValue
from cases.messages import AddressKind
from cases.models import Address, Case, Message, OutboxTally, Party, Thread
from cases.outbox import MessageClass
from cases.permissions import Action, Viewer, may

FOLLOWER = "follower"
#: parts in a case whose people the Assembly does not write to about it
_NOT_TOLD = ("witness", "third_party", "interpreter", "concerned")
#: what a message of an account has cost lately
_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address: the cases that it is told for, and how it is reached."""

    thread_id: int
    address: AddressValue
    language: str
    account: str
    message_class: MessageClass
    cases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told, and how many people are not and why. ``price`` is what the messages cost if they cost as lately."""

    recipients: tuple[Recipient, ...]
    unreachable: int
    stopped: int
    not_yours: int
    price: float | None


def preview(session: Session, viewer: Viewer, *, city: City, incident: str) -> Audience:
    """Return who would be told if an update were written now; changes nothing."""
    whole = access.for_reading(session, viewer, reference=incident)
    every = [one for one in incidents.parts(session, whole) if one.status not in ENDED]
    allowed = [one for one in every if may(viewer, Action.REPLY, one)]
    return of(session, [whole, *allowed], city=city, not_yours=len(every) - len(allowed))


def of(session: Session, cases: Iterable[Case], *, city: City, not_yours: int = 0) -> Audience:
    """Return the people of these cases."""
    found: dict[int, Recipient] = {}
    unreachable, stopped = set(), set()
    by_id = {one.id: one for one in cases}
    for row in session.execute(_people(by_id)):
        account = reaching.carrier([row.account, by_id[row.case_id].account], row.kind, city=city)
        if row.thread_id is None or account is None:
            unreachable.add(row.address_id)
        elif row.role == FOLLOWER and row.opted_out_at is not None:
            stopped.add(row.address_id)
        else:
            found[row.address_id] = _with(found.get(row.address_id), row, account, city)
    recipients = tuple(found.values())
    price = _price(session, recipients, city, at=clock.now(session))
    return Audience(recipients, len(unreachable - set(found)), len(stopped - set(found)), not_yours, price)


def _people(cases: Iterable[int]) -> Any:
    last = (
        select(Message.account)
        .where(Message.thread_id == Thread.id, Message.direction == "in")
        .order_by(Message.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            Party.case_id,
            Party.role,
            Address.id.label("address_id"),
            Address.kind,
            Address.value,
            Address.language,
            Address.opted_out_at,
            Thread.id.label("thread_id"),
            last.label("account"),
        )
        .join(Address, Address.id == Party.address_id)
        .outerjoin(Thread, Thread.address_id == Address.id)
        .where(Party.case_id.in_(list(cases)), Party.role.not_in(_NOT_TOLD))
        .order_by(Address.id, Party.case_id)
    )


def _with(before: Recipient | None, row: Any, account: str, city: City) -> Recipient:
    own = () if row.role == FOLLOWER else (row.case_id,)
    if before is not None:
        own = tuple(dict.fromkeys((*before.cases, *own)))
    sort = MessageClass.ANSWER if own else MessageClass.BROADCAST
    language = row.language or city.organisation.default_language
    return Recipient(row.thread_id, AddressValue(AddressKind(row.kind), row.value), language, account, sort, own)


def _price(session: Session, recipients: Iterable[Recipient], city: City, *, at: datetime) -> float | None:
    """Return what the messages cost by the average of each account's last thirty days, a mail nothing; None where one
    is unknown.
    """
    prices: Mapping[str, float] = _prices(session, city, at)
    wanted = [one.account for one in recipients if one.address.kind is not AddressKind.EMAIL]
    if not all(one in prices for one in wanted):
        return None
    return sum(prices[one] for one in wanted)


def _prices(session: Session, city: City, at: datetime) -> dict[str, float]:
    since = brakes.day_of(at - _LATELY, city.organisation.timezone)
    query = (
        select(OutboxTally.scope, func.sum(OutboxTally.cost), func.sum(OutboxTally.messages))
        .where(OutboxTally.day >= since, OutboxTally.scope.startswith("account:"))
        .group_by(OutboxTally.scope)
    )
    found = session.execute(query).all()
    return {scope.removeprefix("account:"): float(cost) / float(number) for scope, cost, number in found if number}
