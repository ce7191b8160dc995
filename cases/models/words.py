"""Words as search compares them, each beside the row in which they stand.

The database keeps them in step by triggers (migration 0024), whoever writes the row; where it goes, they go. Making
them costs a hundred times what looking at them costs, and a search looks at thousands of the newest in turn.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base


class MessageWords(Base):
    """What was said in a message, by its id. What a machine said has no row."""

    __tablename__ = "message_words"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(TSVECTOR)

    __table_args__ = (Index("ix_message_words_words", "words", postgresql_using="gin"),)


class NoteWords(Base):
    """What stands in a note, by the id of its event."""

    __tablename__ = "note_words"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(TSVECTOR)

    __table_args__ = (Index("ix_note_words_words", "words", postgresql_using="gin"),)


class CaseWords(Base):
    """What a case is called and where it lies, by its id."""

    __tablename__ = "case_words"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(TSVECTOR)

    __table_args__ = (Index("ix_case_words_words", "words", postgresql_using="gin"),)
