"""Messages that go from one case to another. They stay in their thread: what moves is the filing, with its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from cases import survivors
from cases.errors import Invalid
from cases.models import Attachment, Case, Filing, Message
from cases.permissions import Viewer, ViewerKind

#: messages that one split may take
MOST = 100
_NOT_HERE = "This message does not stand in the case any more. Look at the case again."


def chosen(session: Session, case: Case, ids: Sequence[int]) -> list[tuple[Filing, Message]]:
    """Return messages of the citizen that stand in a case, or in one that was merged into it, oldest first."""
    wanted = set(ids)
    if not 1 <= len(wanted) <= MOST:
        raise Invalid(f"Choose between 1 and {MOST} messages.", field="messages")
    tree = survivors.tree(case.id)
    query = (
        select(Filing, Message)
        .join(Message, Message.id == Filing.message_id)
        .join(tree, tree.c.id == Filing.case_id)
        .where(Filing.message_id.in_(wanted), Filing.removed_at.is_(None))
        .order_by(Message.id)
    )
    found = [(filing, message) for filing, message in session.execute(query)]
    if {message.id for _, message in found} != wanted:
        raise Invalid(_NOT_HERE, field="messages")
    if any(message.direction != "in" for _, message in found):
        raise Invalid(
            "Only the citizen's messages can be moved: an answer stays with the case that it was given for.",
            field="messages",
        )
    return found


def refuse_the_last(session: Session, case: Case, ids: Sequence[int]) -> None:
    """Raise ``Invalid`` where a case would be left without any message of its citizen."""
    tree = survivors.tree(case.id)
    query = (
        select(Message.id)
        .join(Filing, Filing.message_id == Message.id)
        .join(tree, tree.c.id == Filing.case_id)
        .where(Filing.removed_at.is_(None), Message.direction == "in", Message.id.not_in(ids))
        .limit(1)
    )
    if session.scalar(query) is None:
        raise Invalid("Nothing would be left in this case. Merge it into the other one instead.", field="messages")


def move(
    session: Session, viewer: Viewer, filing: Filing, to: Case, *, reason: str, detail: str, at: datetime
) -> tuple[int, int]:
    """Take one filing out and put the message into another case; returns the old filing's id and the new one's."""
    if session.scalar(_standing(filing.message_id, to)) is not None:
        raise Invalid("The message stands in that case already.", field="to")
    filing.removed_at = at
    filed_by = viewer.id if viewer.kind is ViewerKind.AGENT else None
    made = Filing(
        message_id=filing.message_id, case_id=to.id, reason=reason, detail=detail, filed_by=filed_by, filed_at=at
    )
    session.add(made)
    _with_files(session, filing.message_id, filing.case_id, to.id)
    session.flush()
    return filing.id, made.id


def move_back(session: Session, moves: Sequence[Sequence[int]], *, at: datetime) -> list[int]:
    """Undo moves, so that the first filings stand as they did; returns the messages."""
    messages = []
    for old_id, new_id in moves:
        old, new = session.get_one(Filing, old_id), session.get_one(Filing, new_id)
        new.removed_at = at
        session.flush()
        old.removed_at = None
        _with_files(session, old.message_id, new.case_id, old.case_id)
        messages.append(old.message_id)
    session.flush()
    return messages


def _standing(message_id: int, case: Case) -> Select[int]:
    tree = survivors.tree(case.id)
    query = select(Filing.id).join(tree, tree.c.id == Filing.case_id)
    return query.where(Filing.message_id == message_id, Filing.removed_at.is_(None)).limit(1)


def _with_files(session: Session, message_id: int, source: int, target: int) -> None:
    own = update(Attachment).where(Attachment.message_id == message_id, Attachment.case_id == source)
    session.execute(own.values(case_id=target))
