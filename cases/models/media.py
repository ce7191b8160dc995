"""Media of incoming messages, as references until their bytes are in the file store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class IncomingMedia(Base):
    """One picture or file that a gateway holds for us. ``state``: waiting, stored, refused or failed.

    ``reason`` is what an agent reads where it is not stored, ``sha256`` its content where it is. ``content_id``: the
    HTML of its mail shows it in place by this name.
    """

    __tablename__ = "incoming_media"

    id: Mapped[Key]
    message_id: Mapped[int]
    account: Mapped[str]
    position: Mapped[int]
    url: Mapped[str]
    media_type: Mapped[str]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_try_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    content_id: Mapped[str | None]

    __table_args__ = (
        Index("uq_incoming_media_message_id_position", "message_id", "position", unique=True),
        Index("ix_incoming_media_next_try_at", "next_try_at", postgresql_where=text("state = 'waiting'")),
    )
