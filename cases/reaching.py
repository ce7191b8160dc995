"""By which ways a citizen can be answered: which of our accounts reaches their address, the one they used first.

Behind the address of the case come the citizen's own others of another kind, where it is verified that they are theirs
and nobody else uses them: somebody who wrote by SMS can be answered by mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ScalarSelect, Select, cast, select, union_all
from sqlalchemy import case as either
from sqlalchemy.orm import Session

from cases.departments import Account, City
from cases.errors import Invalid, Undeliverable
from cases.letters.states import CAME_BACK, CameBack
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Case, CitizenAddress, LetterRow, Message, Thread
from cases.together import Number, first

#: which channels carry words to an address of a kind. A kind that is not here is answered by nobody
CARRIED_BY: Mapping[str, tuple[str, ...]] = {
    AddressKind.PHONE: ("sms",),
    AddressKind.EMAIL: ("email",),
    AddressKind.POSTAL: ("letters",),
}
#: what only a person writes, one at a time
BY_HAND = frozenset({AddressKind.POSTAL})
#: at most so many ways are offered, of so many threads
MOST, MOST_THREADS = 6, 20
NO_PHONE = "This sender cannot be answered by message: it is a name or a short code, not a phone."
NO_ACCOUNT = "No account of this channel is configured any more; ask an administrator."


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer. ``came_by`` is the channel that the citizen used, which may carry no answers itself.

    ``thread_id``: the words belong to the thread with that address. ``trouble``: why it may not reach them, such as
    that the last letter came back; empty where nothing is known.
    """

    account: Account
    to: Address
    came_by: str
    thread_id: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """All ways, the one that is taken by itself first; without any, ``why`` says what is in the way."""

    ways: tuple[Way, ...] = ()
    why: str = ""


def reach(session: Session, case: Case, *, city: City) -> Reach:
    """Find the ways to answer a case's citizen, in one statement."""
    return of_rows(session.execute(part(case.thread_id, case.citizen_id)).all(), case, city=city)


def part(thread_id: Number, citizen_id: Number) -> Select[*tuple[Any, ...]]:
    """Return the read of what :func:`of_rows` asks: of each thread with the citizen its id, kind and value of its
    address, the account that was written to last, and why our latest letter came back if it did.
    """
    own = select(cast(thread_id, BigInteger).label("id"))
    others = (
        select(Thread.id)
        .join(CitizenAddress, CitizenAddress.address_id == Thread.address_id)
        .join(AddressRow, AddressRow.id == Thread.address_id)
        .where(CitizenAddress.citizen_id == citizen_id, Thread.id != thread_id)
        .where(CitizenAddress.verified_at.is_not(None), AddressRow.shared_at.is_(None))
    )
    known = union_all(own, others).subquery("known")
    last = (
        select(Message.account)
        .where(Message.thread_id == Thread.id, Message.direction == "in")
        .order_by(Message.id.desc())
        .limit(first(1))
        .correlate(Thread)
        .scalar_subquery()
    )
    # Only of a postal address is it asked at all: a thread may have thousands of messages.
    back = either((AddressRow.kind == AddressKind.POSTAL, _came_back()), else_=None)
    query = select(Thread.id, AddressRow.kind, AddressRow.value, last.label("last"), back.label("back"))
    query = query.join(known, known.c.id == Thread.id).join(AddressRow, AddressRow.id == Thread.address_id)
    return query.order_by(Thread.id.desc()).limit(first(MOST_THREADS))


def _came_back() -> ScalarSelect[Any]:
    why = either((LetterRow.state == "returned", LetterRow.returned_reason), else_=None)
    latest = select(why).join(Message, Message.id == LetterRow.message_id).where(Message.thread_id == Thread.id)
    # With "+ 0" it is not looked for along all letters, past those of others.
    ordered = latest.where(LetterRow.direction == "out").order_by((LetterRow.id + 0).desc()).limit(first(1))
    return ordered.correlate(Thread).scalar_subquery()


def of_rows(rows: Sequence[Any], case: Case, *, city: City) -> Reach:
    """Return the ways, of the rows of :func:`part`."""
    own = next(one for one in rows if one.id == case.thread_id)
    why = NO_ACCOUNT if own.kind in CARRIED_BY else NO_PHONE
    found, kinds = _ways(own, case, own.last or case.account, city), {own.kind}
    for row in rows:
        if row.kind not in kinds:
            kinds.add(row.kind)
            found |= {key: way for key, way in _ways(row, case, row.last, city).items() if key not in found}
    return Reach(tuple(found.values())[:MOST], "" if found else why)


def _ways(row: Any, case: Case, last: str | None, city: City) -> dict[str, Way]:
    """Return the accounts that carry words to one address, by their id; the one that was used comes first."""
    channels = CARRIED_BY.get(row.kind, ())
    if not channels:
        return {}
    to = Address(AddressKind(row.kind), row.value)
    is_own = row.id == case.thread_id
    used = next((one for one in (last, case.account if is_own else None) if one in city.accounts), None)
    came_by = city.accounts[used].channel if used else case.channel if is_own else channels[0]
    alike = (one for one in city.accounts.values() if one.channel == (case.channel if is_own else channels[0]))
    found = [
        *([_carrier(city.accounts[used], city)] if used else []),
        *(one for one in city.accounts.values() if one.department == case.department),
        *(_carrier(one, city) for one in alike),
    ]
    able = (one for one in found if one.channel in channels or (is_own and one.id == used))
    trouble = f"The last letter to this address came back: {CAME_BACK[CameBack(row.back)]}." if row.back else ""
    return {one.id: Way(one, to, came_by, row.id, trouble) for one in able}


def chosen(session: Session, case: Case, account: str | None, *, city: City) -> Way:
    """Return by which way an answer goes; ``account`` must be one that is offered, None: the first.

    Raises ``Undeliverable`` where the citizen cannot be reached.
    """
    found = reach(session, case, city=city)
    if not found.ways:
        raise Undeliverable(found.why)
    if account is None:
        return found.ways[0]
    for way in found.ways:
        if way.account.id == account:
            return way
    offered = ", ".join(way.account.id for way in found.ways)
    raise Invalid(f"This citizen cannot be answered by {account!r}; one of {offered}.", field="account")


def carrier(names: Sequence[str | None], kind: str, *, city: City) -> str | None:
    """Return the first of these accounts, or of those that answer for them, that carries words to such an address.

    For what a machine writes, or a person to many: never a letter.
    """
    channels = CARRIED_BY.get(kind, ()) if kind not in BY_HAND else ()
    known = (_carrier(city.accounts[one], city) for one in names if one is not None and one in city.accounts)
    return next((one.id for one in known if one.channel in channels), None)


def _carrier(account: Account, city: City) -> Account:
    """Return the account that carries what is written to people of this one."""
    return city.accounts.get(account.answers_by or "", account)
