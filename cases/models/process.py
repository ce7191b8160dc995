"""What background processes remember: how far a projector has read, and who holds a long connection."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base


class Cursor(Base):
    """How far a projector has read the committed events: transaction number and event id, both inclusive."""

    __tablename__ = "projection_cursor"

    name: Mapped[str] = mapped_column(primary_key=True)
    xid: Mapped[int]
    event_id: Mapped[int]
    moved_at: Mapped[datetime]


class Lease(Base):
    """One holder at a time for a piece of continuous work, and the last sign of life of every process."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
    seen_at: Mapped[datetime]
