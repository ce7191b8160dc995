"""The board: what each case counts as, the sums of that, and how people have laid out their boards.

An empty ``department`` is the tray. A case that complains of somebody has no row here, so it is on nobody's board.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class BoardCase(Base):
    """What one case is counted as (:mod:`cases.board.counting`), which is what its sums hold of it.

    ``parts`` are words of what it is now, ``days`` of local days on which promises were kept and broken. ``next_at`` is
    when time alone makes something else of it.
    """

    __tablename__ = "board_case"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    department: Mapped[str]
    confidential: Mapped[bool]
    parts: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    days: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    live: Mapped[bool]
    unassigned: Mapped[bool]
    overdue: Mapped[bool]

    __table_args__ = (
        Index("ix_board_case_next_at", "next_at", postgresql_where=text("next_at is not null")),
        Index("ix_board_case_days", "days", postgresql_using="gin", postgresql_where=text("days <> '{}'")),
        Index("ix_board_case_oldest", "department", "confidential", "opened_at", postgresql_where=text("live")),
        Index(
            "ix_board_case_unassigned", "department", "confidential", "opened_at", postgresql_where=text("unassigned")
        ),
        Index("ix_board_case_overdue", "department", "confidential", "due_at", postgresql_where=text("overdue")),
    )


class BoardSum(Base):
    """How many cases of a department are counted as something. ``part`` is an agent, or a day and a kind of promise."""

    __tablename__ = "board_sum"

    what: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    confidential: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int]


class BoardLayout(Base):
    """A board under a name: one agent's own, or shared with a department (``*``: with all who have a board).

    ``parts`` stand in the order in which they are shown; no ``departments`` means all that the viewer may see. With
    ``seconds`` it shows one department after the other, each for so long.
    """

    __tablename__ = "board_layout"

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    name: Mapped[str]
    shared_with: Mapped[str | None]
    parts: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    departments: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    seconds: Mapped[int]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_board_layout_agent_id", "agent_id"),
        Index("ix_board_layout_shared_with", "shared_with", postgresql_where=text("shared_with is not null")),
    )
