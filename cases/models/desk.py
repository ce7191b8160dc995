"""What agents keep of their desk: views under a name, how they like it, who looks at which case, and runs of acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class SavedView(Base):
    """A queue narrowed, under a name: one agent's own (``agent_id``), or a department's (``department``).

    ``narrowed`` are fields of the queue's filter; ``position`` orders the views of one owner.
    """

    __tablename__ = "saved_view"

    id: Mapped[Key]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    department: Mapped[str | None]
    name: Mapped[str]
    narrowed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    position: Mapped[int]
    made_by: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    made_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(agent_id is null) <> (department is null)", name="one_owner"),
        Index("ix_saved_view_agent_id", "agent_id"),
        Index("ix_saved_view_department", "department"),
    )


class DeskPreference(Base):
    """How an agent likes the desk. ``begins_with`` is a view by its name, or ``saved:`` and the id of a saved one."""

    __tablename__ = "desk_preference"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    keys_off: Mapped[bool] = mapped_column(server_default=text("false"))
    begins_with: Mapped[str | None]
    toured_at: Mapped[datetime | None]


class Viewing(Base):
    """Who has a case open now. It is no part of any history, and may be lost: a heartbeat brings it back.

    The table is unlogged, and names cases and agents by number alone.
    """

    __tablename__ = "viewing"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agent_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime]
    writing: Mapped[bool]

    __table_args__ = (Index("ix_viewing_seen_at", "seen_at"), {"prefixes": ["UNLOGGED"]})


class BulkRun(Base):
    """One act on several cases. ``chosen`` are the act's own values; ``undoes`` is the run that it takes back."""

    __tablename__ = "bulk_run"

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    action: Mapped[str]
    chosen: Mapped[dict[str, Any]] = mapped_column(JSONB)
    undoes: Mapped[int | None] = mapped_column(ForeignKey("bulk_run.id"))
    begun_at: Mapped[datetime]


class BulkItem(Base):
    """One case of a run. ``state``: waiting, done or refused (``reason``); ``before`` is what an undo puts back."""

    __tablename__ = "bulk_item"

    run_id: Mapped[int] = mapped_column(ForeignKey("bulk_run.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    version: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
