"""What a changed calendar leaves to do: one row for each change, with how far the live timers were looked at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Recalculation(Base):
    """The live timers of one calendar being reckoned anew, because a version of the configuration changed it.

    ``cursor`` is the last timer that the pass has come to; ``pass_at`` is when the pass may begin, or began.
    """

    __tablename__ = "recalculation"

    id: Mapped[Key]
    calendar: Mapped[str]
    fingerprint: Mapped[str]
    version: Mapped[int]
    why: Mapped[str]
    by: Mapped[str]
    cursor: Mapped[int] = mapped_column(server_default=text("0"))
    looked_at: Mapped[int] = mapped_column(server_default=text("0"))
    moved: Mapped[int] = mapped_column(server_default=text("0"))
    pass_at: Mapped[datetime]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_recalculation_change", "calendar", "version", "fingerprint", unique=True),
        Index("ix_recalculation_open", "id", postgresql_where=text("finished_at is null")),
    )
