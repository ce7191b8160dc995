"""Beside the password: links that set one, the second factor, and people who were taken over from a file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class AgentLink(Base):
    """A secret that stands for one agent once: an invitation, a reset, or the first half of a log-in.

    Only its SHA-256 is stored. ``used_at`` is also set where a newer one took its place.
    """

    __tablename__ = "agent_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    kind: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_agent_link_agent_id", "agent_id"),)


class SecondFactor(Base):
    """What makes an agent's codes, encrypted. ``pending`` waits for its first code; ``last_step`` was used last."""

    __tablename__ = "second_factor"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    pending: Mapped[bytes | None] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]


class RecoveryCode(Base):
    """A code for the day on which the telephone is lost, as a keyed hash; good once."""

    __tablename__ = "recovery_code"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class StaffImport(Base):
    """People who were made from one file; ``taken_at``: when their invitations were given out, once."""

    __tablename__ = "staff_import"

    id: Mapped[Key]
    actor: Mapped[str]
    at: Mapped[datetime]
    agent_ids: Mapped[list[int]] = mapped_column(JSONB, server_default=text("'[]'"))
    changed: Mapped[int]
    told: Mapped[int]
    taken_at: Mapped[datetime | None]
