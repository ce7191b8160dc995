"""Which records are one person, who changed what is known of them, and who spoke a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Verdict(Base):
    """What was decided of two citizens: ``same`` or ``not_same``, until it is taken back. Rows are never removed.

    A verdict moves nothing: addresses, threads, cases and parties stay with the record that they came to, and who
    reads follows the live verdicts. So taking one back restores what was before it.
    """

    __tablename__ = "identity_verdict"

    id: Mapped[Key]
    low_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    high_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    verdict: Mapped[str]
    automatic: Mapped[bool] = mapped_column(server_default=text("false"))
    evidence: Mapped[list[Any]] = mapped_column(JSONB)
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("low_id < high_id", name="in_order"),
        Index(
            "uq_identity_verdict_pair", "low_id", "high_id", unique=True, postgresql_where=text("ended_at is null")
        ),
        Index("ix_identity_verdict_high_id", "high_id", postgresql_where=text("ended_at is null")),
    )  # fmt: skip


class CitizenChange(Base):
    """One value of a citizen that a person changed: before, after, who and when."""

    __tablename__ = "citizen_change"

    id: Mapped[Key]
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    field: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]

    __table_args__ = (Index("ix_citizen_change_citizen_id_id", "citizen_id", "id"),)


class SaidBy(Base):
    """Who spoke a message of a phone that several people use, as an agent named them; no citizen: not known."""

    __tablename__ = "said_by"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id"))
    named_by: Mapped[str]
    named_at: Mapped[datetime]
