"""What people are told by the bell at once: cases taken back, handed over or there again, notes, a broken glass."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from cases.models import Case, Notice

PULLED_BACK, HANDED_OVER, GLASS = "pulled_back", "handed_over", "glass"
#: a case that was put aside is there again; a colleague was named in a note
RETURNED, MENTIONED = "returned", "mentioned"
#: an assembly member has raised a concern in a case
CONCERN = "concern"
#: an officer came and could not do a job
NOT_DONE = "job_not_done"


def ring(session: Session, agent_ids: Iterable[int], case: Case, *, kind: str, at: datetime, about: str = "") -> None:
    """Show a notice of the case to agents, each once; ``about`` is kept with it for the page that words it."""
    for agent_id in dict.fromkeys(agent_ids):
        told = {"agent_id": agent_id, "case_id": case.id, "kind": kind, "step": about, "timer_kind": ""}
        session.add(Notice(**told, due_at=at, not_before=at, created_at=at, sent_at=at))
