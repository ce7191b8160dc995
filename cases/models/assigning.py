"""What an agent can do and whether they get work now, cases handed over for a leave, and who changed what of whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class AgentProfile(Base):
    """What assignment knows of an agent; without a row: no tags, the department's cap, available.

    ``skills`` are keys of services or free words. ``cap`` is of open cases and wins over the department's. Away from
    ``away_since`` until just before ``away_until``, or until they come back. ``given_at``: when they last got a case.
    ``takes_calls``: their telephone is rung for callers who wait. ``rang_at``: when it last was, or was hung up.
    """

    __tablename__ = "agent_profile"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    languages: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    skills: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    cap: Mapped[int | None]
    away_since: Mapped[datetime | None]
    away_until: Mapped[datetime | None]
    given_at: Mapped[datetime | None]
    takes_calls: Mapped[bool] = mapped_column(server_default=text("false"))
    rang_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("cap >= 0", name="cap_is_a_number_of_cases"),)


class Handover(Base):
    """One case that went from an agent to their stand-in when a leave began, as it stood then.

    ``stand_in_id`` is None where it went back to the queue. ``returned`` says what became of it on the return:
    ``back``, or why it stayed.
    """

    __tablename__ = "handover"

    id: Mapped[Key]
    absence_id: Mapped[int] = mapped_column(ForeignKey("absence.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    status: Mapped[str]
    due_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime]
    at: Mapped[datetime]
    returned: Mapped[str | None]

    __table_args__ = (
        Index("uq_handover_absence_id_case_id", "absence_id", "case_id", unique=True),
        Index("ix_handover_agent_id", "agent_id"),
    )


class StaffChange(Base):
    """Who changed what of somebody who works here: leave, hours, tags, cap, availability. Only added to."""

    __tablename__ = "staff_change"

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    actor: Mapped[str]
    kind: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column("plain", JSONB)
    at: Mapped[datetime]

    __table_args__ = (Index("ix_staff_change_agent_id_id", "agent_id", "id"),)
