"""Who is sent which report, and how often."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class ReportSubscription(Base):
    """One agent's report of one department by mail; an empty department is all of which they may see figures.

    ``rhythm`` is ``weekly``, ``monthly`` or ``quarterly``; ``next_day`` the local day on which it is sent next.
    """

    __tablename__ = "report_subscription"

    id: Mapped[Key]
    report: Mapped[str]
    department: Mapped[str]
    rhythm: Mapped[str]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    address: Mapped[str]
    next_day: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_report_subscription_agent_id_report", "agent_id", "report", "rhythm", "department", unique=True),
        Index("ix_report_subscription_next_day", "next_day"),
    )
