"""What supervisors steer by: samples of closed cases and their reviews, notes to colleagues; areas and concerns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class ReviewSample(Base):
    """Closed cases of a department and one week (its Monday), drawn at random.

    With ``seed`` the same cases are drawn again of the ``found`` that were closed in that week.
    """

    __tablename__ = "review_sample"

    id: Mapped[Key]
    department: Mapped[str]
    week: Mapped[date] = mapped_column(Date)
    seed: Mapped[str]
    found: Mapped[int]
    drawn_by: Mapped[str]
    drawn_at: Mapped[datetime]

    __table_args__ = (Index("uq_review_sample_department_week", "department", "week", unique=True),)


class Review(Base):
    """One case of a sample. Without ``reviewed_at`` nobody has looked through it yet.

    ``answers`` are yes, no or none by the key of a question; ``asked`` are the questions as they stood then.
    """

    __tablename__ = "review"

    id: Mapped[Key]
    sample_id: Mapped[int] = mapped_column(ForeignKey("review_sample.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    position: Mapped[int]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    finding: Mapped[str] = mapped_column(Text, server_default=text("''"))
    reviewed_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_review_sample_id_case_id", "sample_id", "case_id", unique=True),)


class Bulletin(Base):
    """A note to all colleagues of a department, or (None) of every one, that stands until an instant."""

    __tablename__ = "bulletin"

    id: Mapped[Key]
    department: Mapped[str | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    until: Mapped[datetime]

    __table_args__ = (Index("ix_bulletin_until", "until"),)


class AgentArea(Base):
    """The electoral area of an assembly member: the name of a place, set by an administrator."""

    __tablename__ = "agent_area"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    area: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class Concern(Base):
    """What an assembly member has raised: in a case that was there, or (``opened``) in one that it opened.

    Its words stand in the case alone.
    """

    __tablename__ = "concern"

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    area: Mapped[str]
    opened: Mapped[bool]
    raised_at: Mapped[datetime]

    __table_args__ = (Index("ix_concern_agent_id_id", "agent_id", "id"),)
