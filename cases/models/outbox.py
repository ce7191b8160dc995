"""Messages that must leave the building, what holds them back, and reports that came before we knew their message."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Float, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class OutboxEntry(Base):
    """One message on its way.

    ``fill`` holds what must not stand in the message's text (a code), and only until it left. ``account`` is the one
    it should leave by, ``via`` the one it was given to. ``unknowns`` counts the attempts whose end nobody knows.
    """

    __tablename__ = "outbox"

    id: Mapped[Key]
    message_id: Mapped[int]
    thread_id: Mapped[int]
    account: Mapped[str]
    via: Mapped[str | None]
    recipient_kind: Mapped[str]
    recipient: Mapped[str]
    message_class: Mapped[str]
    state: Mapped[str]
    client_reference: Mapped[str] = mapped_column(unique=True)
    fill: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    unknowns: Mapped[int] = mapped_column(server_default=text("0"))
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None] = mapped_column(Text)
    cost: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_outbox_message_id", "message_id", unique=True),
        Index("ix_outbox_ready", "account", "not_before", "id", postgresql_where=text("state = 'queued'")),
        Index("ix_outbox_oldest", "account", "message_class", "created_at", postgresql_where=text("state = 'queued'")),
        Index("ix_outbox_lease", "lease_until", postgresql_where=text("state = 'sending'")),
        Index("ix_outbox_unknown", "account", "id", postgresql_where=text("state = 'unknown'")),
        Index("ix_outbox_thread", "thread_id", "id", postgresql_where=text("state in ('queued', 'sending')")),
        Index("ix_outbox_state", "state", "id"),
        Index("ix_outbox_recipient", "recipient", "sent_at", postgresql_where=text("sent_at is not null")),
    )


class ParkedReport(Base):
    """A delivery report for an id that no message of ours has (yet): applied when the message learns its id."""

    __tablename__ = "parked_report"

    id: Mapped[Key]
    account: Mapped[str]
    external_id: Mapped[str]
    address: Mapped[str | None]
    status: Mapped[str]
    reason: Mapped[str | None]
    received_at: Mapped[datetime]
    matched_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_parked_report_waiting", "account", "external_id", postgresql_where=text("matched_at is null")),
        Index(
            "ix_parked_report_address",
            "account",
            "address",
            postgresql_where=text("matched_at is null and address is not null"),
        ),
    )


class Brake(Base):
    """Sending is stopped: of everything (``all``) or of one message class. While the row stands, nothing is claimed."""

    __tablename__ = "brake"

    scope: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    set_by: Mapped[str]
    since: Mapped[datetime]


class OutboxTally(Base):
    """What left on one day of the city, by scope (``account:ID``, ``prefix:+CC``): messages, and their cost."""

    __tablename__ = "outbox_tally"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int]
    cost: Mapped[float] = mapped_column(Numeric(14, 4, asdecimal=False))


class AccountHealth(Base):
    """How well an account sends. ``weight`` is the share of its own messages that it gets; 1.0 while it works."""

    __tablename__ = "account_health"

    account: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[float] = mapped_column(Float)
    lowered_at: Mapped[datetime | None]
    raised_at: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    slow_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class Trial(Base):
    """A test message that somebody had an account send."""

    __tablename__ = "trial"

    id: Mapped[Key]
    account: Mapped[str]
    message_id: Mapped[int]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]

    __table_args__ = (Index("ix_trial_account_asked_at", "account", "asked_at"),)
