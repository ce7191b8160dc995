"""What an agent had seen of a case when an answer was written, and the refusal where more has happened since."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from cases.errors import Stale
from cases.lifecycle import ENDED, Status
from cases.models import Case, Filing, Message


class NewerMessage(Stale):
    """Something was said since the agent looked; ``newer`` are these words, oldest first. Nothing was sent."""

    def __init__(self, newer: list[str], who: str = "The citizen has written") -> None:
        super().__init__(f"{who} since you looked. Read it, then send again.", field="seen_message")
        self.newer = newer


@dataclass(frozen=True, slots=True)
class Looked:
    """What the page showed: the newest answer of an agent (0 for none), and whether the case was live."""

    answer_id: int
    live: bool


def _since(said: ColumnElement[bool]) -> Select[str]:
    return (
        select(Message.text)
        .join(Filing, Filing.message_id == Message.id)
        .where(
            Filing.case_id == bindparam("case_id"),
            Filing.removed_at.is_(None),
            said,
            Message.id > bindparam("seen"),
        )
        .order_by(Message.id)
    )


_WRITTEN = _since(Message.direction == "in")
_ANSWERED = _since((Message.direction == "out") & Message.agent_id.is_not(None))


def refuse_stale(session: Session, case: Case, seen_message_id: int | None, looked: Looked | None) -> None:
    """Raise :class:`NewerMessage` or ``Stale`` where the citizen or a colleague was quicker; None was not looked at."""
    if seen_message_id is not None and (newer := _texts(session, _WRITTEN, case, seen_message_id)):
        raise NewerMessage(newer)
    if looked is None:
        return
    if newer := _texts(session, _ANSWERED, case, looked.answer_id):
        raise NewerMessage(newer, "The citizen was answered")
    if looked.live and Status(case.status) in ENDED:
        raise Stale("A colleague has ended this case since you looked. Send again if this is still to be said.")


def _texts(session: Session, statement: Select[str], case: Case, seen: int) -> list[str]:
    return list(session.scalars(statement, {"case_id": case.id, "seen": seen}))
