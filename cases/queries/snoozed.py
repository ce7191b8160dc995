"""Cases that are put aside, those first whose time comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Agent, Case, Snooze
from cases.permissions import Viewer
from cases.queries import scope

MOST = 100


@dataclass(frozen=True, slots=True)
class SnoozedRow:
    """A case that is put aside, by whom, until when and why."""

    reference: str
    subject: str
    department: str | None
    assignee_id: int | None
    kind: str
    reason: str
    until: datetime
    by: str | None


def page(session: Session, viewer: Viewer) -> Sequence[SnoozedRow]:
    """Return the cases that the viewer may read and that are put aside."""
    query = (
        select(
            Case.reference,
            Case.subject,
            Case.department,
            Case.assignee_id,
            Snooze.kind,
            Snooze.reason,
            Snooze.until,
            Agent.name.label("by"),
        )
        .join(Case, Case.id == Snooze.case_id)
        .outerjoin(Agent, Agent.id == Snooze.agent_id)
        .where(Snooze.ended_at.is_(None), Case.snoozed_until.is_not(None), scope.visible(viewer))
        .order_by(Snooze.until, Snooze.id)
        .limit(MOST)
    )
    return [SnoozedRow(**row._mapping) for row in session.execute(query)]
