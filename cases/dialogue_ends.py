"""How a dialogue ended, by what the gateway says afterwards: before the last turn, late, twice or never. And when what
is kept of it is forgotten.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from cases.base import table
from cases.messages import DialogueEnded
from cases.models import DialogueSession

_SESSIONS = table(DialogueSession)
_ENDED = (
    update(_SESSIONS)
    .where(
        _SESSIONS.c.account == bindparam("of_account"),
        _SESSIONS.c.session == bindparam("of_session"),
        _SESSIONS.c.ended_at.is_(None),
    )
    .values(ended_as=bindparam("how"), ended_at=bindparam("at"))
)
#: rows that one call forgets, so that none holds the table for long
MOST_FORGOTTEN = 5000
_OLD = (
    select(_SESSIONS.c.id)
    .where(_SESSIONS.c.updated_at < bindparam("before"))
    .order_by(_SESSIONS.c.updated_at)
    .limit(MOST_FORGOTTEN)
    .with_for_update(skip_locked=True)
    .cte("old")
    .prefix_with("materialized")
)
_FORGET = delete(_SESSIONS).where(_SESSIONS.c.id.in_(select(_OLD.c.id)))


def note(session: Session, ended: DialogueEnded, *, at: datetime) -> None:
    """Note the first word about a session's end; it stays open to be gone on with. An unknown one is nothing to us."""
    session.execute(_ENDED, {"of_account": ended.account, "of_session": ended.session, "how": ended.how[:40], "at": at})


def forget(session: Session, *, before: datetime) -> int:
    """Remove what was kept of dialogues whose last turn was before the instant, some thousands; returns how many.

    What came of them, messages and cases, stays.
    """
    return len(session.execute(_FORGET.returning(_SESSIONS.c.id), {"before": before}).all())
