"""What hangs on writing to a citizen: drafts, cases put aside until an instant, articles and their versions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class KeptDraft(Base):
    """What an agent has written in one form of a case and not sent.

    ``seq`` counts the saves of all their pages and devices: a save that comes late finds a higher one and changes
    nothing. ``seen_message_id`` is the citizen's newest message that the writer had seen.
    """

    __tablename__ = "draft"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    seq: Mapped[int]
    seen_message_id: Mapped[int | None]
    saved_at: Mapped[datetime]

    __table_args__ = (Index("ix_draft_saved_at", "saved_at"),)


class Snooze(Base):
    """A case that was put aside until an instant; ``kind`` is ``snooze`` or ``follow_up`` (of a case that waits).

    While it is in force the case row says so as well (``Case.snoozed_until``). ``ended_why``: time, citizen, agent,
    replaced, undone.
    """

    __tablename__ = "snooze"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    kind: Mapped[str]
    reason: Mapped[str]
    until: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]

    __table_args__ = (
        Index("uq_snooze_case_id", "case_id", unique=True, postgresql_where=text("ended_at is null")),
        Index("ix_snooze_until", "until", postgresql_where=text("ended_at is null")),
    )


class Article(Base):
    """A piece of knowledge for staff, as its newest version says it. ``review_on`` is the day to look at it again."""

    __tablename__ = "article"

    id: Mapped[Key]
    department: Mapped[str | None]
    service: Mapped[str | None]
    language: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    review_on: Mapped[date] = mapped_column(Date)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    title: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    retired_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_article_department_title", "department", "title", postgresql_where=text("retired_at is null")),
        Index("ix_article_owner_id_review_on", "owner_id", "review_on", postgresql_where=text("retired_at is null")),
    )


class ArticleVersion(Base):
    """An article as it stood; only added to."""

    __tablename__ = "article_version"

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    written_at: Mapped[datetime]
