"""All messages between the Assembly and one address. Messages belong here; a case only references them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from cases import folded
from cases.base import Base, Key


class Thread(Base):
    """One per address."""

    __tablename__ = "thread"

    id: Mapped[Key]
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"), unique=True)
    created_at: Mapped[datetime]


class Message(Base):
    """One thing said, in or out. ``text`` never holds a code: those stand in the outbox until they have left.

    No foreign key points here from tables that stay when messages are partitioned by month.
    """

    __tablename__ = "message"

    id: Mapped[Key]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    direction: Mapped[str]
    channel: Mapped[str]
    account: Mapped[str]
    text: Mapped[str]
    automatic: Mapped[bool] = mapped_column(server_default=sql("false"))
    text_key: Mapped[str | None]
    agent_id: Mapped[int | None]
    external_id: Mapped[str | None]
    status: Mapped[str]
    status_reason: Mapped[str | None]
    copies: Mapped[int] = mapped_column(server_default=sql("1"))
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_message_thread_id_id", "thread_id", "id"),
        Index("ix_message_created_at", "created_at"),
        Index(
            "ix_message_words",
            sql(folded.sql("text")),
            postgresql_using="gin",
            postgresql_where=sql("not automatic"),
        ),
        Index(
            "uq_message_inbound",
            "account",
            "external_id",
            unique=True,
            postgresql_where=sql("direction = 'in' and external_id is not null"),
        ),
        Index(
            "ix_message_outbound",
            "account",
            "external_id",
            postgresql_where=sql("direction = 'out' and external_id is not null"),
        ),
        Index("ix_message_last_in", "account", "created_at", postgresql_where=sql("direction = 'in'")),
        Index(
            "ix_message_last_out",
            "account",
            "created_at",
            postgresql_where=sql("direction = 'out' and sent_at is not null"),
        ),
        Index(
            "ix_message_fetched",
            "thread_id",
            postgresql_where=sql("direction = 'in' and external_id like 'fetched:%'"),
        ),
        Index(
            "ix_message_automatic",
            "thread_id",
            "created_at",
            postgresql_where=sql("direction = 'out' and automatic"),
        ),
    )


class Fetched(Base):
    """Which message an entry of a gateway's list is, where the list has numbers of its own: each is matched once."""

    __tablename__ = "fetched"

    account: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[int]

    __table_args__ = (Index("uq_fetched_message_id", "message_id", unique=True),)
