"""Letters: what was scanned, its pages, the letters that it was split into, letters of ours, and the register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Float, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class ScanRow(Base):
    """One file that came. ``state``: reading, split, held or refused; ``trouble``: why it is held or refused.

    ``raw_id`` is what its bytes are stored under, ``twin_of`` an earlier scan of the same bytes. ``came_by``: folder,
    upload or mail.
    """

    __tablename__ = "scan"

    id: Mapped[Key]
    account: Mapped[str]
    raw_id: Mapped[int | None]
    sha256: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    trouble: Mapped[str | None]
    pages: Mapped[int] = mapped_column(server_default=sql("0"))
    twin_of: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    came_by: Mapped[str]
    received_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=sql("1"))

    __table_args__ = (
        Index("uq_scan_raw_id", "raw_id", unique=True, postgresql_where=sql("raw_id is not null")),
        Index("ix_scan_sha256", "sha256", "id"),
        Index("ix_scan_waiting", "id", postgresql_where=sql("state in ('held', 'refused')")),
    )


class ScanPage(Base):
    """One page of a scan, counted from 1 as the scanner counted. ``state``: waiting, read or unread.

    ``picture_sha256`` is what was scanned, ``shown_sha256`` the same upright and clean, ``pdf_sha256`` that with its
    words behind it. ``turned`` (degrees), ``skew`` (degrees) and ``confidence`` (0 to 100) are what reading found;
    ``turn`` is what a person has turned what is shown by since, clockwise. ``cover``: a cover sheet; ``codes`` are
    those of ours on it (:class:`cases.messages.PageCode`, as objects). Of ``words`` each
    is [word, left, top, width, height, confidence, line], in pixels of what is shown.
    """

    __tablename__ = "scan_page"

    id: Mapped[Key]
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    picture_sha256: Mapped[str | None]
    shown_sha256: Mapped[str | None]
    pdf_sha256: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    codes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    blank: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    cover: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    state: Mapped[str] = mapped_column(server_default=sql("'waiting'"))
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    next_try_at: Mapped[datetime | None]
    turned: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    turn: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    skew: Mapped[float | None] = mapped_column(Float)
    confidence: Mapped[float | None] = mapped_column(Float)
    text: Mapped[str] = mapped_column(server_default=sql("''"))
    words: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"))

    __table_args__ = (
        Index("uq_scan_page_scan_id_number", "scan_id", "number", unique=True),
        Index("ix_scan_page_waiting", "next_try_at", postgresql_where=sql("state = 'waiting'")),
    )


class LetterRow(Base):
    """One letter with its register number, in or out.

    ``state`` in: reading, to_key, keyed, unreadable, private, joined (its pages are part of ``joined_to``); out:
    to_print, printed, posted, returned. ``found`` has what reading found, by field: value and confidence.
    ``keyed_by`` nobody and ``keyed_at`` somewhen: it filed itself. ``proves`` is the message of ours that its reply
    code names. Pages count as in its scan. ``received_on`` and ``dated`` are days of the city.
    """

    __tablename__ = "letter"

    id: Mapped[Key]
    direction: Mapped[str]
    register_number: Mapped[str]
    account: Mapped[str]
    state: Mapped[str]
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    first_page: Mapped[int | None] = mapped_column(SmallInteger)
    last_page: Mapped[int | None] = mapped_column(SmallInteger)
    received_on: Mapped[date | None]
    dated: Mapped[date | None]
    sender_name: Mapped[str | None]
    signed_by: Mapped[str | None]
    recipient_name: Mapped[str | None]
    postal: Mapped[str | None]
    subject: Mapped[str | None]
    text: Mapped[str | None]
    found: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    reference_found: Mapped[str | None]
    proves: Mapped[int | None]
    trouble: Mapped[str | None]
    joined_to: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    keyed_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    keyed_at: Mapped[datetime | None]
    message_id: Mapped[int | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    pdf_sha256: Mapped[str | None]
    print_batch_id: Mapped[int | None] = mapped_column(ForeignKey("print_batch.id"))
    printed_at: Mapped[datetime | None]
    posted_on: Mapped[date | None]
    tracking: Mapped[str | None]
    returned_on: Mapped[date | None]
    returned_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("register_number"),
        Index("ix_letter_scan_id", "scan_id", "first_page", postgresql_where=sql("scan_id is not null")),
        Index("ix_letter_to_key", "id", postgresql_where=sql("state in ('reading', 'to_key')")),
        Index("ix_letter_dispatch", "state", "id", postgresql_where=sql("direction = 'out'")),
        Index("ix_letter_direction_id", "direction", "id"),
        Index("ix_letter_message_id", "message_id", postgresql_where=sql("message_id is not null")),
        Index("ix_letter_case_id", "case_id", postgresql_where=sql("case_id is not null")),
        Index("ix_letter_print_batch_id", "print_batch_id", postgresql_where=sql("print_batch_id is not null")),
    )


class LetterChange(Base):
    """One act upon a scan or a letter, for the register: by whom, when, what. ``actor`` as in a case's history."""

    __tablename__ = "letter_change"

    id: Mapped[Key]
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    kind: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))

    __table_args__ = (
        Index("ix_letter_change_scan_id", "scan_id", "id", postgresql_where=sql("scan_id is not null")),
        Index("ix_letter_change_letter_id", "letter_id", "id", postgresql_where=sql("letter_id is not null")),
    )


class LetterNumber(Base):
    """How far the register of one direction and year is: whoever takes a number locks this row, so none is missing."""

    __tablename__ = "letter_number"

    direction: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int]


class PrintBatch(Base):
    """Letters that were printed together, as one PDF. ``letters`` is how many."""

    __tablename__ = "print_batch"

    id: Mapped[Key]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    made_at: Mapped[datetime]
    pdf_sha256: Mapped[str]
    letters: Mapped[int]


class CoverSheet(Base):
    """Cover sheets that were printed: the number on each is given once. ``made_by`` printed them."""

    __tablename__ = "cover_sheet"

    id: Mapped[Key]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    made_at: Mapped[datetime]
