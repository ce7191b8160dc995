"""Who looked at what: reads of personal data, and confidential cases that were opened with a reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Read(Base):
    """One look at personal data; the serving role can only add to it. ``why`` and ``words``: the reason that was given.

    ``kind`` is one of ``cases.reads.Kind``; ``item_id`` the file or recording. No foreign keys: it is forgotten by
    age, and what it names may be forgotten before it.
    """

    __tablename__ = "read_log"

    id: Mapped[Key]
    at: Mapped[datetime]
    actor: Mapped[str]
    kind: Mapped[str]
    case_id: Mapped[int | None]
    citizen_id: Mapped[int | None]
    item_id: Mapped[int | None]
    why: Mapped[str | None]
    words: Mapped[str | None]

    __table_args__ = (
        Index("ix_read_log_at", "at", "id"),
        Index("ix_read_log_actor_at", "actor", "at"),
        Index("ix_read_log_case_id_at", "case_id", "at", postgresql_where=text("case_id is not null")),
        Index("ix_read_log_citizen_id_at", "citizen_id", "at", postgresql_where=text("citizen_id is not null")),
    )


class Glass(Base):
    """One agent may read one confidential case that is not their department's, from ``at`` until ``until``."""

    __tablename__ = "glass"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    why: Mapped[str]
    words: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[datetime]

    __table_args__ = (Index("ix_glass_agent_id_case_id", "agent_id", "case_id", "until"),)
