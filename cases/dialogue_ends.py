"""How a dialogue ended, by what the gateway says afterwards. It may come before the last turn, late, twice or never."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, update
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


def note(session: Session, ended: DialogueEnded, *, at: datetime) -> None:
    """Note the first word about a session's end; it stays open to be gone on with. An unknown one is nothing to us."""
    session.execute(_ENDED, {"of_account": ended.account, "of_session": ended.session, "how": ended.how[:40], "at": at})
