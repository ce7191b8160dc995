"""What was rearranged among cases and can be undone; and how cases hang together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Rearrangement(Base):
    """One refile, split or merge. ``kept`` is what its undo needs, by the case: promises that ended, began or moved."""

    __tablename__ = "rearrangement"

    id: Mapped[Key]
    kind: Mapped[str]
    from_case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    to_case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    kept: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor: Mapped[str]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_rearrangement_from_case_id_id", "from_case_id", "id"),
        Index("ix_rearrangement_to_case_id_id", "to_case_id", "id"),
    )


class CaseLink(Base):
    """How one case hangs together with another; ``from_id`` is the one that the word speaks of.

    Taking a link away keeps the row (``removed_at``). ``not_duplicate`` is the memory of a suggestion that was refused.
    """

    __tablename__ = "case_link"

    id: Mapped[Key]
    from_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    kind: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_case_link_from_id_to_id_kind",
            "from_id",
            "to_id",
            "kind",
            unique=True,
            postgresql_where=text("removed_at is null"),
        ),
        Index("ix_case_link_to_id", "to_id", postgresql_where=text("removed_at is null")),
        Index(
            "uq_case_link_part_of",
            "from_id",
            unique=True,
            postgresql_where=text("kind = 'part_of' and removed_at is null"),
        ),
    )
