"""Recordings past their time: the rows stay and say so, the gateway's address and the file go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from cases.base import table
from cases.models import Attachment, IncomingMedia, VoiceRecording

#: why a recording is not there any more, for agents
FORGOTTEN = "It was kept as long as the city keeps recordings, and is removed."
#: rows that one sweep forgets
MOST = 200
_MEDIA, _PLACES = table(IncomingMedia), table(Attachment)
_DUE = (
    select(VoiceRecording)
    .where(VoiceRecording.forget_at <= bindparam("at"), VoiceRecording.forgotten_at.is_(None))
    .order_by(VoiceRecording.forget_at)
    .limit(MOST)
    .with_for_update(skip_locked=True)
)
_OF_MESSAGE = select(IncomingMedia.sha256).where(IncomingMedia.message_id == bindparam("message_id"))
_BLANK = (
    update(_MEDIA)
    .where(_MEDIA.c.message_id == bindparam("of_message"))
    .values(url="", sha256=None, state="refused", next_try_at=None, reason=FORGOTTEN)
)
_OUT = delete(_PLACES).where(_PLACES.c.message_id == bindparam("of_message"))


def forget_due(session: Session, *, at: datetime) -> tuple[int, list[str]]:
    """Forget recordings past their time; returns how many, and the contents that are to be removed from the store if
    nothing else holds them.
    """
    due, contents = session.scalars(_DUE, {"at": at}).all(), []
    for one in due:
        one.url, one.forgotten_at = f"forgotten:{one.id}", at
        if one.message_id is not None:
            held = session.scalars(_OF_MESSAGE, {"message_id": one.message_id}).all()
            contents += [sha for sha in held if sha]
            session.execute(_BLANK, {"of_message": one.message_id})
            session.execute(_OUT, {"of_message": one.message_id})
    return len(due), contents
