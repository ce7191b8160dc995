"""When a letter of ours keeps a promise: once it was posted. What lies in a tray has answered nobody.

It counts from when that is written down, as a call or a visit does. Two things count when they are written: a letter
that ends its case, since nothing can run on in a case that has ended; and, as always, a letter that comes back takes
back what it kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import survivors
from cases.departments import City
from cases.letters.states import CHANNEL
from cases.models import Case, Filing, LetterRow, Message
from cases.models.event import Happened, record
from cases.permissions import Viewer
from cases.sla import promises, timers
from cases.sla.timers import ANSWERS

_FILED = (
    select(Filing.message_id, Case.reference)
    .join(Case, Case.id == Filing.case_id)
    .where(Filing.message_id.in_(bindparam("ids", expanding=True)), Filing.removed_at.is_(None))
)
#: the first words of the citizen after a letter was written, which it cannot have answered
_SAID_SINCE = (
    select(Message.created_at)
    .join(Filing, Filing.message_id == Message.id)
    .where(
        Filing.case_id == bindparam("case_id"),
        Filing.removed_at.is_(None),
        Filing.reason != "thanks",
        Message.direction == "in",
        Message.created_at > bindparam("written"),
    )
    .order_by(Message.id)
    .limit(1)
)


def by_post(channel: str, *, ends: bool) -> Mapping[str, bool]:
    """Return what its line of history says of an answer that keeps its promise only once it is posted; nothing for all
    others. ``ends``: it resolves its case.
    """
    return {"by_post": True} if channel == CHANNEL and not ends else {}


def cases_of(session: Session, message_ids: Sequence[int]) -> Mapping[int, Sequence[Case]]:
    """Return the cases in which these messages stand now, all locked."""
    filed = session.execute(_FILED, {"ids": list(message_ids)}).all() if message_ids else []
    named = sorted({one.reference for one in filed})
    locked = dict(zip(named, survivors.lock_all(session, named), strict=True))
    found: dict[int, list[Case]] = {}
    for one in filed:
        case = locked[one.reference]
        if case is not None and case not in found.setdefault(one.message_id, []):
            found[one.message_id].append(case)
    return found


def posted(
    session: Session, case: Case, message: Message, row: LetterRow, viewer: Viewer, *, city: City, at: datetime
) -> None:
    """Keep what was promised when the letter was written; what its citizen has said since is owed an answer anew."""
    kept = timers.meet(session, case, ANSWERS, at=at, actor=viewer.actor, by=message.id, begun=message.created_at)
    since = session.scalar(_SAID_SINCE, {"case_id": case.id, "written": message.created_at}) if kept else None
    owed = promises.citizen_wrote(session, case, city=city, received=since) if since is not None else []
    values = {"letter": row.register_number, "on": row.posted_on.isoformat() if row.posted_on else None}
    values |= {"owed_since": since.isoformat()} if since is not None else {}
    told = Happened("letter_posted", viewer.actor, values, message_id=message.id)
    record(session, case, [told, *kept, *owed], at=at)
