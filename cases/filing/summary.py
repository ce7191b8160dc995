"""What a case row says of its messages, taken from its filings anew."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import survivors
from cases.matching import Reason
from cases.models import Case, Filing, Message


def refresh(session: Session, case: Case) -> None:
    """Set who spoke last and when, over the case and all that were merged into it; without a message nothing changes.

    A machine's texts do not count, and thanks leave the last word as it was.
    """
    session.flush()
    tree = survivors.tree(case.id)
    query = (
        select(Message.id, Message.created_at, Message.direction, Filing.reason)
        .join(Filing, Filing.message_id == Message.id)
        .join(tree, tree.c.id == Filing.case_id)
        .where(Filing.removed_at.is_(None), Message.automatic.is_(False))
        .order_by(Message.id.desc())
    )
    found = session.execute(query).all()
    if not found:
        return
    case.last_message_id, case.last_message_at = found[0].id, found[0].created_at
    said = next((one for one in found if one.reason != Reason.THANKS), found[0])
    case.last_speaker = "citizen" if said.direction == "in" else "agent"
