"""The city's configuration: immutable numbered versions, one of them active."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class ConfigurationVersion(Base):
    """The whole parsed set, as JSON; ``parent`` is the version it was made from,
    by which two-sided changes are seen.
    """

    __tablename__ = "configuration_version"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    hash: Mapped[str]
    parent: Mapped[int | None] = mapped_column(ForeignKey("configuration_version.number"))
    author: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class ConfigurationActive(Base):
    """One row: the number of the version that every process follows."""

    __tablename__ = "configuration_active"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(ForeignKey("configuration_version.number"))

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class ConfigurationDraft(Base):
    """Files that somebody looks at before they become a version: what was looked at is what is activated.

    ``parent`` is the version they were made from; ``hash`` identifies the files. Nobody but ``owner`` sees them, and
    past ``expires_at`` nobody does.
    """

    __tablename__ = "configuration_draft"

    id: Mapped[Key]
    owner: Mapped[str]
    parent: Mapped[int] = mapped_column(ForeignKey("configuration_version.number"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_configuration_draft_owner", "owner", "id"),
        Index("ix_configuration_draft_expires_at", "expires_at"),
    )
