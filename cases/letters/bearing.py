"""What bears on where a letter belongs: the letter of ours that its code proves, or what a person has chosen."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import references, survivors
from cases.matching import NO_BEARING, Bearing
from cases.messages import NEW_CASE, Letter
from cases.models import Filing, Message

_FILED = (
    select(Filing.case_id)
    .join(Message, Message.id == Filing.message_id)
    .where(Filing.message_id == bindparam("message_id"), Message.direction == "out", Filing.removed_at.is_(None))
    .order_by(Filing.case_id.desc())
    .limit(1)
)


def bearing(session: Session, letter: Letter) -> Bearing:
    """Return what bears on a letter. A person's choice counts before its code: they have seen the letter."""
    if letter.into == NEW_CASE:
        return Bearing(alone="whoever keyed the letter made it a case of its own")
    if letter.into:
        chosen = survivors.find(session, references.parse(letter.into) or "")
        if chosen is not None:
            return Bearing(answers=chosen.id, words="whoever keyed the letter chose this case")
    answered = answered_case(session, letter.proved)
    if answered is None:
        return NO_BEARING
    return Bearing(answers=answered, words="it bears the code of a letter of ours")


def answered_case(session: Session, message_id: int | None) -> int | None:
    """Return the case in which a message of ours stands now, by way of all merges; None where there is none."""
    if message_id is None:
        return None
    found = session.scalar(_FILED, {"message_id": message_id})
    return survivors.of(session, found).id if found is not None else None
