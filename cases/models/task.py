"""Dated pieces of work inside a case: who does what until when, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Task(Base):
    """One piece of work for a person or a department.

    ``due_at`` is an agreed instant of a task without a promise; where there is one, its timer (``Timer.task_id``) says
    when it is due. ``created_by`` and ``ended_by`` name people as the history does. ``result`` are the words that it
    was finished with, or the reason why it was cancelled.
    """

    __tablename__ = "task"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    kind: Mapped[str]
    title: Mapped[str]
    department: Mapped[str | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    result: Mapped[str | None]

    __table_args__ = (
        Index("ix_task_case_id_id", "case_id", "id"),
        Index("ix_task_assigned", "assignee_id", "id", postgresql_where=text("state = 'open'")),
        Index(
            "ix_task_to_take",
            "department",
            "id",
            postgresql_where=text("state = 'open' and assignee_id is null and kind <> 'call_back'"),
        ),
    )
