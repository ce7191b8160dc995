"""A call on a telephone that no gateway carries, written down afterwards: a row like any other call's, and a contact.

Where its number is known with one open case it belongs to that; a caller without one opens a case by their words.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, clock, contacts
from cases.calls import callers
from cases.calls.states import CallState
from cases.contacts import ContactKind, Direction
from cases.departments import City
from cases.errors import Invalid, NotAllowed
from cases.lifecycle import ENDED
from cases.messages import NEW_CASE, AddressKind
from cases.models import Address, Case, CitizenAddress, PhoneCall
from cases.permissions import SYSTEM, Action, Viewer, may
from cases.queries import scope

#: stands for an account of a gateway; no figure of the queue counts these calls
ACCOUNT = "by-hand"
#: for ``into``: whatever follows from the number
BY_NUMBER = ""
#: for ``into``: in no case
NO_CASE = "none"
MOST_CASES = 6


@dataclass(frozen=True, slots=True)
class Logged:
    """The call and what became of it. ``choose``: several cases of this number are open, and nothing was written."""

    call_id: int | None = None
    reference: str | None = None
    to_send: tuple[str, ...] = ()
    choose: tuple[str, ...] = ()


def log(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    direction: Direction,
    reached: bool,
    text: str,
    number: str | None = None,
    into: str = BY_NUMBER,
    name: str = "",
) -> Logged:
    """Write down a call. ``number`` is E.164 or None where nobody knows it; ``into`` a reference, ``NEW_CASE``,
    :data:`NO_CASE` or :data:`BY_NUMBER`.

    An attempt needs no words and opens no case.
    """
    if not may(viewer, Action.NOTE):
        raise NotAllowed("Your role does not allow you to log calls.")
    words = contacts.words_of(text, needed=reached)
    if number is None and into in (BY_NUMBER, NO_CASE):
        raise Invalid("Write the number, or the reference of the case.", field="number")
    if into == BY_NUMBER and number is not None:
        found = open_cases(session, viewer, number)
        if len(found) > 1:
            return Logged(choose=found)
        into = found[0] if found else NEW_CASE if reached and direction is Direction.IN else NO_CASE
    if into == NEW_CASE and not may(viewer, Action.OPEN):
        raise NotAllowed("Your role does not open cases.", field="into")
    call = _made(
        session, viewer, city=city, direction=direction, reached=reached, words=words, number=number, name=name
    )
    if into == NO_CASE:
        return Logged(call.id)
    to_send: tuple[str, ...] = ()
    if into == NEW_CASE:
        opened = callers.open_case(session, viewer, call, words, city=city)
        into, to_send, words = opened.reference, opened.to_send, ""
        case = access.for_change(session, SYSTEM, Action.NOTE, reference=into)
    else:
        case = access.for_change(session, viewer, Action.NOTE, reference=into)
    call.case_id = case.id
    contacts.note(
        session,
        viewer,
        case,
        city=city,
        kind=ContactKind.CALL,
        direction=direction,
        reached=reached,
        words=words,
        about={"call": call.id},
    )
    return Logged(call.id, case.reference, to_send)


def open_cases(session: Session, viewer: Viewer, number: str) -> tuple[str, ...]:
    """Return the references of a number's open cases that the viewer may write into, the latest first."""
    of_number = (
        select(CitizenAddress.citizen_id)
        .join(Address, Address.id == CitizenAddress.address_id)
        .where(Address.kind == AddressKind.PHONE, Address.value == number)
    )
    query = (
        select(Case.reference)
        .where(Case.citizen_id.in_(of_number), Case.status.not_in(ENDED), Case.merged_into_id.is_(None))
        .where(scope.visible(viewer, Action.NOTE))
        .order_by(Case.last_message_at.desc())
    )
    return tuple(session.scalars(query.limit(MOST_CASES)))


def _made(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    direction: Direction,
    reached: bool,
    words: str,
    number: str | None,
    name: str,
) -> PhoneCall:
    at: datetime = clock.now(session)
    call = PhoneCall(
        account=ACCOUNT,
        tag=f"hand-{secrets.token_hex(8)}",
        direction=direction.value,
        line="",
        number=number,
        address_id=callers.known(session, number, name=name)[0] if number else None,
        language=callers.language_of(session, number, city=city),
        state=CallState.ENDED,
        agent_id=viewer.id,
        started_at=at,
        updated_at=at,
        answered_at=at if reached else None,
        ended_at=at,
        ended_as="answered" if reached else "not_reached" if direction is Direction.OUT else "missed",
        wrapped_at=at,
        note=words or None,
    )
    session.add(call)
    session.flush()
    return call
