"""What a mail says beside its words: one row for each message that came or leaves as mail."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base


class MailRow(Base):
    """The mail of one message, see :class:`cases.messages.Mail`.

    ``identity`` is the same for copies of one mail, whichever mailbox they arrived in. ``html_sha256`` stands in the
    file store. ``raw_id`` is the stored mail that it was read from; ours have none.
    """

    __tablename__ = "mail"

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    identifier: Mapped[str | None]
    identity: Mapped[str | None]
    subject: Mapped[str]
    sender_name: Mapped[str | None]
    recipients: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    answers: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    automatic: Mapped[str | None]
    whole: Mapped[str | None]
    html_sha256: Mapped[str | None]
    signature: Mapped[str | None]
    genuine: Mapped[bool | None]
    forged: Mapped[bool] = mapped_column(server_default=text("false"))
    cut: Mapped[bool] = mapped_column(server_default=text("false"))
    raw_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_mail_identifier", "identifier", postgresql_where=text("identifier is not null")),
        Index("uq_mail_identity", "identity", unique=True, postgresql_where=text("identity is not null")),
        Index("ix_mail_raw_id", "raw_id", postgresql_where=text("raw_id is not null")),
    )
