"""Who wrote a letter: their address, and the citizen who uses it, found or made before the letter is taken in.

A postal address is often shared: a box belongs to a school, a compound has one plot number. So another name at a known
address is another citizen, and the address is marked as used by several people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cases import arrivals, messages
from cases.errors import NotFound
from cases.identity.names import fold
from cases.letters import postal
from cases.messages import AddressKind
from cases.models import Address, Citizen, CitizenAddress, Message, Thread
from cases.permissions import Viewer
from cases.queries import scope

_SAME = select(Address.value).where(
    Address.kind == AddressKind.POSTAL, func.lower(Address.value) == func.lower(bindparam("value"))
)
_ADDRESS = select(Address).where(Address.kind == bindparam("kind"), Address.value == bindparam("value"))
_USERS = (
    select(Citizen)
    .join(CitizenAddress, CitizenAddress.citizen_id == Citizen.id)
    .where(CitizenAddress.address_id == bindparam("address"))
    .order_by(Citizen.id)
)
_OF_MESSAGE = (
    select(Address.kind, Address.value)
    .join(Thread, Thread.address_id == Address.id)
    .join(Message, Message.thread_id == Thread.id)
    .where(Message.id == bindparam("message"))
)


def address(session: Session, written: str, *, letter_id: int) -> messages.Address:
    """Return a sender's address: the known one that differs in nothing but capitals, or one of this letter alone."""
    value = postal.clean(written)
    if not value:
        return messages.Address(AddressKind.NONE, f"letter:{letter_id}")
    known = session.scalars(_SAME, {"value": value}).first()
    return messages.Address(AddressKind.POSTAL, known or value)


def answered_address(session: Session, message_id: int) -> messages.Address | None:
    """Return to which address a message of ours went."""
    row = session.execute(_OF_MESSAGE, {"message": message_id}).first()
    return messages.Address(AddressKind(row.kind), row.value) if row else None


def chosen(session: Session, viewer: Viewer, citizen_id: int) -> int:
    """Return the citizen whom somebody chose as the sender; raises ``NotFound`` where they know of none such."""
    found = session.scalar(select(Citizen.id).where(Citizen.id == citizen_id, scope.knows(viewer)))
    if found is None:
        raise NotFound("There is no such citizen, or none that you may see.", field="citizen")
    return found


def settle(
    session: Session, one: messages.Address, *, name: str, citizen_id: int | None, actor: str, at: datetime
) -> int:
    """See that the address is there and that its writer uses it; returns the writer's id. Nobody else speaks for the
    address until the transaction ends. ``citizen_id`` is the one that a person has chosen.
    """
    arrivals.lock(session, one)
    row = session.scalars(_ADDRESS, {"kind": one.kind, "value": one.value}).one_or_none()
    if row is None:
        row = Address(kind=one.kind, value=one.value, created_at=at)
        session.add(row)
        session.flush()
        session.add(Thread(address_id=row.id, created_at=at))
    users = session.scalars(_USERS, {"address": row.id}).all()
    writer = citizen_id or _named(users, name) or _made(session, name, at)
    if writer not in {one.id for one in users}:
        link = CitizenAddress(citizen_id=writer, address_id=row.id, evidence="letter", linked_at=at)
        session.add(link)
        if users and row.shared_at is None:
            row.shared_at, row.shared_by = at, actor
    session.flush()
    return writer


def _named(users: Sequence[Citizen], name: str) -> int | None:
    """Return which of those who use an address goes by a name; the only one, where no name was given or is known."""
    folded = fold(name)
    same = next((one.id for one in users if folded and one.name_folded == folded), None)
    if same is not None or len(users) != 1 or (folded and users[0].name_folded):
        return same
    only = users[0]
    if folded:
        only.name, only.name_folded = name, folded
    return only.id


def _made(session: Session, name: str, at: datetime) -> int:
    made = Citizen(name=name or None, name_folded=fold(name) or None, created_at=at)
    session.add(made)
    session.flush()
    return made.id
