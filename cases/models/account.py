"""What machines log in with, and what was answered to a request that may come twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class ApiToken(Base):
    """A bearer token of 256 random bits; only its SHA-256 is stored, so checking it costs no password hash."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    department: Mapped[str] = mapped_column(server_default=text("'*'"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The answer that was given to a changing request, kept for 24 hours under the sender's own key."""

    __tablename__ = "idempotency_key"

    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    location: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
