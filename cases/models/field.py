"""What officers did in the street and their phones told later: each act once, with both clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class FieldAct(Base):
    """One act of an agent on a job. ``key`` was made on the phone: the same key is done once, however late it comes.

    ``digest`` is what was asked, so that a key stands for one thing. ``seen`` is the number of the last line of the
    case's history that the phone knew. ``phone_at`` is what the phone's clock said (None: nothing that is a time),
    ``acted_at`` what is believed of it, ``clock`` why the two differ; ``at`` is the server's own time. ``answer`` is
    what was answered, without any words of people.
    """

    __tablename__ = "field_act"

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    key: Mapped[str]
    digest: Mapped[str]
    kind: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    seen: Mapped[int]
    phone_at: Mapped[datetime | None]
    acted_at: Mapped[datetime | None]
    clock: Mapped[str | None]
    at: Mapped[datetime]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (
        Index("uq_field_act_agent_id_key", "agent_id", "key", unique=True),
        Index("ix_field_act_task_id_id", "task_id", "id"),
    )
