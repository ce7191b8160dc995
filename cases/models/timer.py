"""Running promises, as rows; their state at any instant can be computed from these alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Timer(Base):
    """One promise of a case (or of one of its tasks).

    ``policy`` holds the terms as they were when the timer started. ``due_at`` is null while an open pause leaves the
    deadline unknown; ``rung`` counts the steps of the ladder that are done for this deadline; ``met_by`` is the message
    that kept the promise, which its failure undoes; ``calendar_mark`` tells which state of the calendar was reckoned
    with.
    """

    __tablename__ = "timer"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    task_id: Mapped[int | None]
    kind: Mapped[str]
    instance: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str]
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB)
    calendar_mark: Mapped[str | None]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    overridden: Mapped[bool] = mapped_column(server_default=text("false"))
    rung: Mapped[int] = mapped_column(server_default=text("0"))
    next_wake_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    met_by: Mapped[int | None]
    breached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_timer_instance", "case_id", "kind", "instance", unique=True),
        Index("ix_timer_wake", "next_wake_at", postgresql_where=text("next_wake_at is not null")),
        Index("ix_timer_task_id", "task_id", postgresql_where=text("task_id is not null")),
        Index("ix_timer_met_by", "met_by", postgresql_where=text("met_by is not null")),
    )


class Pause(Base):
    """A stretch in which a timer stood still. ``reason`` is the case's status at that time, never its label."""

    __tablename__ = "timer_pause"

    id: Mapped[Key]
    timer_id: Mapped[int] = mapped_column(ForeignKey("timer.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str]


class Escalation(Base):
    """A step of the ladder that was reached: somebody is to be told. Once for each step of one deadline."""

    __tablename__ = "escalation"

    id: Mapped[Key]
    timer_id: Mapped[int]
    case_id: Mapped[int]
    step: Mapped[str]
    due_at: Mapped[datetime]
    to: Mapped[list[str]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    noticed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_escalation_timer_id_step_due_at", "timer_id", "step", "due_at", unique=True),
        Index("ix_escalation_unnoticed", "id", postgresql_where=text("noticed_at is null")),
    )
