"""What the clinic has looked at, and what it found to drift."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Examination(Base):
    """Promises being compared with the histories they must follow from.

    ``cursor`` is the last case that it has come to; ``waiting`` counts timers with a recalculation before them. Since
    ``walked_at`` only the sums of figures are still to be compared.
    """

    __tablename__ = "examination"

    id: Mapped[Key]
    asked_by: Mapped[str]
    cursor: Mapped[int] = mapped_column(server_default=text("0"))
    cases: Mapped[int] = mapped_column(server_default=text("0"))
    timers: Mapped[int] = mapped_column(server_default=text("0"))
    waiting: Mapped[int] = mapped_column(server_default=text("0"))
    drifts: Mapped[int] = mapped_column(server_default=text("0"))
    started_at: Mapped[datetime]
    walked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_examination_open",
            text("(finished_at is null)"),
            unique=True,
            postgresql_where=text("finished_at is null"),
        ),
    )


class DriftRow(Base):
    """One value that does not follow from the history, as an examination found it. No case: it is a counter's."""

    __tablename__ = "drift"

    id: Mapped[Key]
    examination_id: Mapped[int] = mapped_column(ForeignKey("examination.id"), index=True)
    case_id: Mapped[int | None]
    of: Mapped[str]
    what: Mapped[str]
    stored: Mapped[str]
    derived: Mapped[str]
    at: Mapped[datetime]
