"""Files that came with a message or were added by an agent. The bytes stand in the file store, under their hash."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class StoredFile(Base):
    """One content. ``media_type`` is what the bytes are, not what somebody called them.

    ``scan``: what a virus scanner said (``cases.holding.Scan``), ``scan_note`` the name of what it found, or why it
    could not read it. ``looked_at``: when it was looked into; ``trouble`` is why it is kept aside since. Its preview is
    a content of its own. ``due_at``: it is not inspected (again) before.
    """

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str]
    created_at: Mapped[datetime]
    scan: Mapped[str] = mapped_column(server_default=text("'pending'"))
    scan_note: Mapped[str | None]
    scanned_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
    preview_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    preview_width: Mapped[int | None]
    preview_height: Mapped[int | None]
    due_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_stored_file_unscanned", "created_at", postgresql_where=text("scan = 'pending'")),
        Index("ix_stored_file_not_looked_at", "created_at", postgresql_where=text("looked_at is null")),
    )


class Attachment(Base):
    """A file's place in a case; its name is data and never a path."""

    __tablename__ = "attachment"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    event_id: Mapped[int | None]
    message_id: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    name: Mapped[str]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    added_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_attachment_message_id", "message_id", postgresql_where=text("message_id is not null")),
        Index("ix_attachment_case", "case_id", text("id desc")),
    )
