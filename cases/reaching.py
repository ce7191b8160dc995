"""By which ways a citizen can be answered: which of our accounts reaches their address, the one they used first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cases.departments import Account, City
from cases.errors import Invalid, Undeliverable
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Case, Message, Thread
from cases.together import Number, first

#: which channels carry words to an address of a kind. A kind that is not here is answered by nobody
CARRIED_BY: Mapping[str, tuple[str, ...]] = {AddressKind.PHONE: ("sms",)}
#: at most so many ways are offered
MOST = 6
NO_PHONE = "This sender cannot be answered by message: it is a name or a short code, not a phone."
NO_ACCOUNT = "No account of this channel is configured any more; ask an administrator."


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer. ``came_by`` is the channel that the citizen used, which may carry no answers itself."""

    account: Account
    to: Address
    came_by: str


@dataclass(frozen=True, slots=True)
class Reach:
    """All ways, the one that is taken by itself first; without any, ``why`` says what is in the way."""

    ways: tuple[Way, ...] = ()
    why: str = ""


def reach(session: Session, case: Case, *, city: City) -> Reach:
    """Find the ways to answer a case's citizen, in one statement."""
    return of_row(session.execute(part(case.thread_id)).one(), case, city=city)


def part(thread_id: Number) -> Select[*tuple[Any, ...]]:
    """Return the read of what :func:`of_row` asks: kind and value of the address, the account that was written to."""
    last = (
        select(Message.account)
        .where(Message.thread_id == thread_id, Message.direction == "in")
        .order_by(Message.id.desc())
        .limit(first(1))
        .scalar_subquery()
    )
    query = select(AddressRow.kind, AddressRow.value, last.label("last"))
    return query.join(Thread, Thread.address_id == AddressRow.id).where(Thread.id == thread_id)


def of_row(row: Any, case: Case, *, city: City) -> Reach:
    """Return the ways, of a row of :func:`part`."""
    channels = CARRIED_BY.get(row.kind, ())
    if not channels:
        return Reach(why=NO_PHONE)
    to = Address(AddressKind(row.kind), row.value)
    used = next((one for one in (row.last, case.account) if one in city.accounts), None)
    came_by = city.accounts[used].channel if used else case.channel
    found = [
        *([_carrier(city.accounts[used], city)] if used else []),
        *(one for one in city.accounts.values() if one.department == case.department),
        *(_carrier(one, city) for one in city.accounts.values() if one.channel == case.channel),
    ]
    able = {one.id: one for one in found if one.channel in channels or one.id == used}
    if not able:
        return Reach(why=NO_ACCOUNT)
    return Reach(tuple(Way(one, to, came_by) for one in able.values())[:MOST])


def chosen(session: Session, case: Case, account: str | None, *, city: City) -> tuple[Address, str]:
    """Return to whom an answer goes and by which account; ``account`` must be one that is offered, None: the first.

    Raises ``Undeliverable`` where the citizen cannot be reached.
    """
    found = reach(session, case, city=city)
    if not found.ways:
        raise Undeliverable(found.why)
    if account is None:
        return found.ways[0].to, found.ways[0].account.id
    for way in found.ways:
        if way.account.id == account:
            return way.to, account
    offered = ", ".join(way.account.id for way in found.ways)
    raise Invalid(f"This citizen cannot be answered by {account!r}; one of {offered}.", field="account")


def _carrier(account: Account, city: City) -> Account:
    """Return the account that carries what is written to people of this one."""
    return city.accounts.get(account.answers_by or "", account)
