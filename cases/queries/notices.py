"""What the bell shows: an agent's own notices that were told, of cases that they may still read.

Danger to life is shown also of a case that the agent may not read, with its reference and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, false, func, literal, null, or_, select
from sqlalchemy.orm import Session

from cases import alerts, together
from cases.models import Case, Notice, Task, Timer
from cases.models.timer import Escalation
from cases.permissions import Viewer, ViewerKind
from cases.queries import scope
from cases.sla.timers import LIVE
from cases.together import Number, first

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


def unread_part(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Return what :func:`unread` counts as a read of its own, with the column ``number``."""
    some = (
        select(literal(1))
        .where(Notice.agent_id == (viewer.id or 0), Notice.sent_at.is_not(None), Notice.read_at.is_(None))
        .limit(first(MOST_COUNTED))
    )
    return select(func.count().label("number")).select_from(some.subquery())


def case_part(viewer: Viewer, *, case_id: Number) -> Select[*tuple[Any, ...]]:
    """Return the read of the viewer's unread notices of one case, for :func:`of_part`; newest first."""
    mine = Notice.agent_id == (viewer.id or 0)
    return (
        _columns(viewer).where(mine, Notice.sent_at.is_not(None), *_of_case(viewer, case_id)).order_by(Notice.id.desc())
    )


def of_part(viewer: Viewer, rows: Sequence[Any]) -> tuple[NoticeRow, ...]:
    """Return the notices that :func:`case_part` read."""
    return tuple(NoticeRow(**vars(row)) for row in rows) if viewer.kind is ViewerKind.AGENT else ()


def page(session: Session, viewer: Viewer, *, before: int | None = None, limit: int = 50) -> Sequence[NoticeRow]:
    """Return the viewer's notices, newest first, older than ``before``."""
    query = _rows(viewer).order_by(Notice.id.desc()).limit(limit)
    return _found(session, viewer, query if before is None else query.where(Notice.id < before))


def of_case(session: Session, viewer: Viewer, *, case_id: int) -> Sequence[NoticeRow]:
    """Return the viewer's unread notices of one case, newest first."""
    return of_part(viewer, together.read(session, {"told": case_part(viewer, case_id=case_id)})["told"])


def _of_case(viewer: Viewer, case_id: Number) -> tuple[ColumnElement[bool], ...]:
    told = or_(scope.visible(viewer), Notice.kind == alerts.KIND)
    return Notice.case_id == case_id, Notice.read_at.is_(None), told


def _rows(viewer: Viewer) -> Any:
    return _columns(viewer).where(*_MINE, or_(scope.visible(viewer), Notice.kind == alerts.KIND))


def _columns(viewer: Viewer) -> Select[*tuple[Any, ...]]:
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
    )


def _found(session: Session, viewer: Viewer, query: Any) -> Sequence[NoticeRow]:
    if viewer.kind is not ViewerKind.AGENT:
        return ()
    rows = session.execute(query, {"agent_id": viewer.id})
    return [NoticeRow(**row._mapping) for row in rows]
