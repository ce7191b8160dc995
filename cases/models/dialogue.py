"""Dialogues over USSD (later voice), and what citizens thought of how a case was settled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class DialogueSession(Base):
    """One session of one gateway: where it stands, and the screen shown last.

    ``whole`` is the length and digest of everything keyed in so far, where the gateway repeats it, and ``hidden`` where
    in it codes stand, as pairs of first and after the last; ``turn`` the gateway's number of the last turn.
    ``reference`` is the case that was named, ``proved`` whether by its code: neither outlives the session. ``ended_as``
    is how the gateway said that it ended.
    """

    __tablename__ = "dialogue_session"

    id: Mapped[Key]
    account: Mapped[str]
    session: Mapped[str]
    address: Mapped[str]
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    screen: Mapped[str] = mapped_column(Text)
    step: Mapped[str]
    ends: Mapped[bool]
    whole: Mapped[str | None] = mapped_column(Text)
    hidden: Mapped[list[list[int]] | None] = mapped_column(JSONB)
    turn: Mapped[str | None]
    turns: Mapped[int] = mapped_column(server_default=text("0"))
    reference: Mapped[str | None]
    proved: Mapped[bool] = mapped_column(server_default=text("false"))
    case_id: Mapped[int | None]
    resumed: Mapped[bool] = mapped_column(server_default=text("false"))
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended_as: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_dialogue_session_session", "account", "session", unique=True),
        Index("ix_dialogue_session_updated_at", "updated_at"),
        Index("ix_dialogue_session_address", "account", "address", "updated_at", postgresql_where=text("not ends")),
    )


class Rating(Base):
    """What a citizen thought of how a case was settled, from 1 to 5: once each time it is settled.

    ``settled_at`` is the instant that the case was resolved; ``reason`` is the citizen's words.
    """

    __tablename__ = "rating"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    settled_at: Mapped[datetime]
    score: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str]
    rated_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_rating_case_id_settled_at", "case_id", "settled_at", unique=True),
        Index("ix_rating_rated_at", "rated_at"),
    )
