"""What a gateway sent, byte for byte, before anybody understood it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class RawState(StrEnum):
    """received → applied, or failed (tried again) → quarantined (waits for a person)."""

    RECEIVED = "received"
    APPLIED = "applied"
    FAILED = "failed"
    QUARANTINED = "quarantined"


class RawRequest(Base):
    """One callback, or one thing that a source held. ``dedupe_key`` is unique per account and event: the gateway's id,
    the source's key, or a content hash and its day. ``sha256``: its bytes are in the file store, not in ``body``.
    """

    __tablename__ = "raw_request"

    id: Mapped[Key]
    account: Mapped[str]
    event: Mapped[str]
    dedupe_key: Mapped[str]
    method: Mapped[str]
    url: Mapped[str]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(default=RawState.RECEIVED)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    sha256: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_raw_request_dedupe", "account", "event", "dedupe_key", unique=True),
        Index("ix_raw_request_due", "next_try_at", postgresql_where=text("state = 'failed'")),
        Index("ix_raw_request_unread", "account", "next_try_at", postgresql_where=text("state = 'received'")),
        Index("ix_raw_request_same", "account", "sha256", postgresql_where=text("sha256 is not null")),
        Index("ix_raw_request_trouble", "state", "id", postgresql_where=text("state in ('failed', 'quarantined')")),
    )


class HookSeen(Base):
    """When a callback of an account last came, some seconds behind at most, so that nobody searches what was stored.

    ``refused_at``: when one came last whose signature was wrong, and which was not taken. Of an account that is
    listened to, these are when its source was last reached and last not, and ``trouble`` why not.
    """

    __tablename__ = "hook_seen"

    account: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
