"""A letter of ours that has left the outbox stands in the register of dispatch, and waits to be printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import survivors
from cases.departments import City
from cases.letters import register
from cases.letters.states import CHANNEL, Dispatched
from cases.models import Address, Case, Citizen, Filing, LetterRow, Message, Thread

LONGEST_SUBJECT = 120
_LEFT = (
    select(Message.id, Message.account, Message.thread_id, Filing.case_id, Address.value)
    .join(Thread, Thread.id == Message.thread_id)
    .join(Address, Address.id == Thread.address_id)
    .outerjoin(Filing, (Filing.message_id == Message.id) & Filing.removed_at.is_(None))
    .where(Message.id.in_(bindparam("ids", expanding=True)), Message.channel == CHANNEL)
    .order_by(Message.id, Filing.id)
)
#: who lives at the address, as their latest letter says
_KNOWN = (
    select(LetterRow.sender_name, LetterRow.postal, LetterRow.subject)
    .join(Message, Message.id == LetterRow.message_id)
    .where(Message.thread_id == bindparam("thread_id"), LetterRow.direction == register.IN)
    .order_by(LetterRow.id.desc())
    .limit(1)
)


def enter(session: Session, message_ids: Iterable[int], *, city: City, at: datetime) -> list[int]:
    """Give each of these messages that is a letter its register number; returns the rows' ids.

    Called in the transaction that records that they left the outbox, so that none is missing and none is there twice.
    """
    ids = list(message_ids)
    left = session.execute(_LEFT, {"ids": ids}).all() if ids else []
    # One that stands in several cases is one letter, of the case in which it stands last.
    return [_entered(session, one, city, at) for one in {one.id: one for one in left}.values()]


def _entered(session: Session, one: Any, city: City, at: datetime) -> int:
    today = register.day(at, city)
    case = survivors.of(session, one.case_id) if one.case_id is not None else None
    known = session.execute(_KNOWN, {"thread_id": one.thread_id}).one_or_none()
    row = LetterRow(
        direction=register.OUT,
        register_number=register.numbers(session, register.OUT, today.year)[0],
        account=one.account,
        state=Dispatched.TO_PRINT,
        dated=today,
        recipient_name=(known.sender_name if known else None) or _name(session, case),
        postal=(known.postal if known else None) or one.value,
        subject=_subject(case, known.subject if known else None),
        message_id=one.id,
        case_id=case.id if case else None,
        created_at=at,
    )
    session.add(row)
    session.flush()
    # No attempt before this one can have left a second letter: the register has one.
    message = session.get_one(Message, one.id, populate_existing=True)
    message.copies, message.status_reason = 1, f"Letter {row.register_number} waits to be printed."
    register.note(session, "entered", actor="system", at=at, letter_id=row.id)
    return row.id


def _subject(case: Case | None, asked: str | None) -> str:
    """Return what an agent named the case, else what the citizen's letter was about: never a piece of a sentence."""
    named = case.subject if case is not None and case.subject_named else ""
    return (named or asked or "")[:LONGEST_SUBJECT]


def _name(session: Session, case: Case | None) -> str | None:
    return session.scalar(select(Citizen.name).where(Citizen.id == case.citizen_id)) if case else None


def address_lines(name: str | None, postal: str | None) -> Sequence[str]:
    """Return a name and an address as they stand on an envelope, the name once."""
    lines = [" ".join(one.split()) for one in (postal or "").splitlines()]
    lines = [one for one in lines if one]
    if len(lines) == 1:
        lines = [one.strip() for one in lines[0].split(",") if one.strip()]
    own = " ".join((name or "").split())
    return lines if not own or (lines and lines[0].casefold() == own.casefold()) else [own, *lines]
