"""What the bell shows: an agent's own notices that were told, of cases that they may still read.

Danger to life is shown also of a case that the agent may not read, with its reference and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, false, func, literal, null, or_, select
from sqlalchemy.orm import Session

from cases import alerts
from cases.models import Case, Notice, Task, Timer
from cases.models.timer import Escalation
from cases.permissions import Viewer, ViewerKind
from cases.queries import scope
from cases.sla.timers import LIVE

#: from here on the bell only says "more"
MOST_COUNTED = 100
_MINE = (Notice.agent_id == bindparam("agent_id"), Notice.sent_at.is_not(None))
_UNREAD = select(func.count()).select_from(
    select(literal(1)).where(*_MINE, Notice.read_at.is_(None)).limit(MOST_COUNTED).subquery()
)


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice. ``task`` is the title of the task whose promise it is.

    ``runs``: the promise is still open; ``moved``: by now it has another deadline than was told. Of what assignment
    tells (``kind`` is not ``escalation``) there is no promise: ``due_at`` is when it happened. Of a case that is not
    ``readable`` there is no more than its reference.
    """

    id: int
    kind: str
    reference: str
    subject: str
    department: str | None
    timer_kind: str
    task: str | None
    step: str
    due_at: datetime
    sent_at: datetime
    read_at: datetime | None
    runs: bool
    moved: bool
    readable: bool


def unread(session: Session, viewer: Viewer) -> int:
    """Count the viewer's unread notices along their index, up to ``MOST_COUNTED``."""
    if viewer.kind is not ViewerKind.AGENT:
        return 0
    return session.scalar(_UNREAD, {"agent_id": viewer.id}) or 0


def page(session: Session, viewer: Viewer, *, before: int | None = None, limit: int = 50) -> Sequence[NoticeRow]:
    """Return the viewer's notices, newest first, older than ``before``."""
    query = _rows(viewer).order_by(Notice.id.desc()).limit(limit)
    return _found(session, viewer, query if before is None else query.where(Notice.id < before))


def of_case(session: Session, viewer: Viewer, *, case_id: int) -> Sequence[NoticeRow]:
    """Return the viewer's unread notices of one case, newest first."""
    query = _rows(viewer).where(Notice.case_id == case_id, Notice.read_at.is_(None)).order_by(Notice.id.desc())
    return _found(session, viewer, query)


def _rows(viewer: Viewer) -> Any:
    readable = scope.visible(viewer)
    return (
        select(
            Notice.id,
            Notice.kind,
            Case.reference,
            case((readable, Case.subject), else_="").label("subject"),
            case((readable, Case.department), else_=null()).label("department"),
            Notice.timer_kind,
            Task.title.label("task"),
            Notice.step,
            Notice.due_at,
            Notice.sent_at,
            Notice.read_at,
            func.coalesce(Timer.state.in_(LIVE), false()).label("runs"),
            Timer.due_at.is_distinct_from(Notice.due_at).label("moved"),
            readable.label("readable"),
        )
        .join(Case, Case.id == Notice.case_id)
        .outerjoin(Escalation, Escalation.id == Notice.escalation_id)
        .outerjoin(Timer, Timer.id == Escalation.timer_id)
        .outerjoin(Task, Task.id == Timer.task_id)
        .where(*_MINE, or_(readable, Notice.kind == alerts.KIND))
    )


def _found(session: Session, viewer: Viewer, query: Any) -> Sequence[NoticeRow]:
    if viewer.kind is not ViewerKind.AGENT:
        return ()
    rows = session.execute(query, {"agent_id": viewer.id})
    return [NoticeRow(**row._mapping) for row in rows]
