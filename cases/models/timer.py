"""Running promises, as rows; their state at any instant can be computed from these alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Timer(Base):
    """One promise of a case (or of one of its tasks). ``policy`` is the target as it was when the timer started."""

    __tablename__ = "timer"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    task_id: Mapped[int | None]
    kind: Mapped[str]
    instance: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str]
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_wake_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_timer_instance", "case_id", "kind", "instance", unique=True),
        Index("ix_timer_wake", "next_wake_at", postgresql_where=text("next_wake_at is not null")),
    )
