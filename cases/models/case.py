"""A case, the messages filed under it, the people who have a part in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Sequence, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases import folded
from cases.base import Base, Key

#: numbers of cases; a gap after a crash or a restore is harmless, a repeat would not be
REFERENCE_NUMBERS = Sequence("reference_number", start=1, metadata=Base.metadata)


class Case(Base):
    """One matter to be settled. ``version`` grows with every change;
    ``event_seq`` and ``event_head`` hold its chain. ``about``: whom it complains of (``cases/permissions.py``).
    """

    __tablename__ = "case_file"  # CASE is a reserved word of SQL

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str]
    family: Mapped[str]
    department: Mapped[str | None]
    service: Mapped[str | None]
    status: Mapped[str]
    outcome: Mapped[str | None]
    priority: Mapped[str] = mapped_column(server_default=text("'normal'"))
    subject: Mapped[str]
    subject_named: Mapped[bool] = mapped_column(server_default=text("false"))
    confidential: Mapped[bool] = mapped_column(server_default=text("false"))
    about: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    channel: Mapped[str]
    account: Mapped[str]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    may_belong_to_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    subject_kind: Mapped[str | None]
    subject_id: Mapped[str | None]
    routing: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    event_seq: Mapped[int] = mapped_column(server_default=text("0"))
    event_head: Mapped[bytes] = mapped_column(LargeBinary)
    last_speaker: Mapped[str]
    last_message_id: Mapped[int | None]
    last_message_at: Mapped[datetime]
    seen_message_id: Mapped[int | None]
    due_kind: Mapped[str | None]
    due_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_case_file_thread", "thread_id", text("id desc")),
        Index("ix_case_file_citizen", "citizen_id", text("id desc")),
        Index(
            "ix_case_file_queue",
            "department",
            text("coalesce(due_at, 'infinity')"),
            "id",
            postgresql_where=text("status not in ('resolved', 'closed')"),
        ),
        Index(
            "ix_case_file_assignee",
            "assignee_id",
            text("coalesce(due_at, 'infinity')"),
            "id",
            postgresql_where=text("status not in ('resolved', 'closed')"),
        ),
        Index(
            "ix_case_file_due",
            text("coalesce(due_at, 'infinity')"),
            "id",
            postgresql_where=text("status not in ('resolved', 'closed')"),
        ),
        Index(
            "ix_case_file_words",
            text(folded.sql("(subject || ' ') || coalesce(routing ->> 'place', '')")),
            postgresql_using="gin",
        ),
        Index("ix_case_file_resolved_at", "resolved_at", postgresql_where=text("status = 'resolved'")),
        Index("ix_case_file_updated_at", "updated_at", "id"),
        Index("ix_case_file_changed", "department", "updated_at", "id"),
        Index(
            "ix_case_file_unserved",
            "department",
            "opened_at",
            postgresql_where=text("status not in ('resolved', 'closed') and service is null"),
        ),
        Index("ix_case_file_closed_at", "department", "closed_at", postgresql_where=text("status = 'closed'")),
        Index(
            "ix_case_file_parked",
            "department",
            "last_message_at",
            "id",
            postgresql_where=text(
                "status in ('waiting_on_citizen', 'waiting_on_third_party') or (snoozed_until is not null "
                "and status in ('new', 'open'))"
            ),
        ),
        Index(
            "ix_case_file_published",
            text("(routing ->> 'place')"),
            "opened_at",
            postgresql_where=text("not confidential and service is not null and merged_into_id is null"),
        ),
        Index("ix_case_file_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id is not null")),
        Index(
            "ix_case_file_alike",
            "service",
            "opened_at",
            postgresql_where=text("status not in ('resolved', 'closed')"),
        ),
        Index(
            "ix_case_file_near",
            "service",
            text("(routing ->> 'place')"),
            "opened_at",
            postgresql_where=text("status not in ('resolved', 'closed') and not confidential and service is not null"),
        ),
    )


class Filing(Base):
    """A message's place in a case, and why it is there.

    Taking it out keeps the row (``removed_at``), so it can be undone.
    """

    __tablename__ = "filing"

    id: Mapped[Key]
    message_id: Mapped[int]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    reason: Mapped[str]
    detail: Mapped[str]
    filed_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    filed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_filing_case_id_message_id", "case_id", "message_id"),
        Index(
            "uq_filing_message_id_case_id",
            "message_id",
            "case_id",
            unique=True,
            postgresql_where=text("removed_at is null"),
        ),
    )


class Party(Base):
    """Who has a part in a case, and by which address they may ask about it.

    Of a follower: ``account`` is the one they came by, ``told_at`` when they were told that the case has ended.
    """

    __tablename__ = "party"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id"))
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    role: Mapped[str]
    account: Mapped[str | None]
    since: Mapped[datetime]
    told_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_party_case_id_address_id_role", "case_id", "address_id", "role", unique=True),
        Index("ix_party_address_id", "address_id"),
        Index("ix_party_citizen_id", "citizen_id", "case_id"),
        Index("ix_party_untold", "case_id", postgresql_where=text("role = 'follower' and told_at is null")),
    )


class CodeAttempt(Base):
    """Wrong codes for one reference from one source; five lock it for an hour."""

    __tablename__ = "code_attempt"

    reference: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failure_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
