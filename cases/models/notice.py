"""Who was told of which escalation, when people are away, and in which hours they work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Notice(Base):
    """One escalation as one agent hears of it: once, not before their hours begin.

    What assignment tells, and danger to life, have a ``kind`` of their own, no escalation, and for ``due_at`` the
    instant it happened at.
    ``sent_at`` is when it was told: from then on the bell shows it, and the text message of an agent who wants one
    stands in the outbox (``message_id``). The words are made from the case when it is read.
    """

    __tablename__ = "notice"

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalation.id"))
    kind: Mapped[str]
    step: Mapped[str]
    timer_kind: Mapped[str]
    due_at: Mapped[datetime]
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None]

    __table_args__ = (
        Index("uq_notice_escalation_id_agent_id", "escalation_id", "agent_id", unique=True),
        Index("ix_notice_agent_id_id", "agent_id", "id"),
        Index(
            "ix_notice_unread", "agent_id", "id", postgresql_where=text("read_at is null and sent_at is not null")
        ),
        Index("ix_notice_untold", "not_before", postgresql_where=text("sent_at is null")),
    )  # fmt: skip


class Absence(Base):
    """Somebody is on leave from ``since`` until just before ``until``; who stands in for them is told instead.

    Their cases went to the stand-in at ``handed_at`` and, if the leave ``returns`` them, came back at ``returned_at``.
    """

    __tablename__ = "absence"

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    returns: Mapped[bool] = mapped_column(server_default=text("true"))
    handed_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("until > since", name="ends_after_it_begins"),
        Index("ix_absence_agent_id_until", "agent_id", "until"),
        Index("ix_absence_until", "until"),
    )


class Shift(Base):
    """A weekly window of somebody's own hours, Monday 0, in minutes after local midnight.

    Who has none works in the hours of the calendar that a promise counts by.
    """

    __tablename__ = "shift"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens: Mapped[int] = mapped_column(primary_key=True)
    closes: Mapped[int]

    __table_args__ = (
        CheckConstraint("weekday between 0 and 6", name="day_of_the_week"),
        CheckConstraint(
            "opens between 0 and 1439 and closes > opens and closes <= opens + 1440", name="closes_within_a_day"
        ),
    )
