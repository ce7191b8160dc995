"""Figures: what the projector has counted from the committed events, and how far it has read each case.

An empty ``department`` is the tray, an empty ``service`` none. ``confidential`` is the whole case's, so that who may
not read confidential cases is shown figures without them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base


class FigureSum(Base):
    """How often something happened on a local day; ``part`` is a timer's kind, or how old a waiting case was."""

    __tablename__ = "figure_sum"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    confidential: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int]

    __table_args__ = (
        # which days were counted at their end, and which were judged
        Index("ix_figure_sum_measure_day", "measure", "day", postgresql_where=text("measure in ('night', 'judged')")),
    )


class FigureArea(Base):
    """The same by area, with services and channels together; an empty area is an unknown one."""

    __tablename__ = "figure_area"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    confidential: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int]


class FigureEntry(Base):
    """One thing that was counted and not taken back; sums are how many of them there are."""

    __tablename__ = "figure_entry"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    measure: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime]
    department: Mapped[str]
    service: Mapped[str]
    channel: Mapped[str]
    area: Mapped[str]
    confidential: Mapped[bool]

    __table_args__ = (
        Index("ix_figure_entry_measure_department_day", "measure", "department", "day", "case_id", "part", "number"),
    )


class FigureOpen(Base):
    """A stretch in which a case was open for one place; ``until`` None: it still is."""

    __tablename__ = "figure_open"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    department: Mapped[str]
    service: Mapped[str]
    channel: Mapped[str]
    area: Mapped[str]
    confidential: Mapped[bool]

    __table_args__ = (Index("ix_figure_open_department_case_id", "department", "case_id", "since", "until"),)


class FigureFact(Base):
    """One thing that took time, in seconds: on the clock, and in the working time of a calendar.

    ``calendar_mark`` tells which state of that calendar was reckoned with.
    """

    __tablename__ = "figure_fact"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    measure: Mapped[str] = mapped_column(primary_key=True)
    instance: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    department: Mapped[str]
    service: Mapped[str]
    channel: Mapped[str]
    area: Mapped[str]
    confidential: Mapped[bool]
    wall: Mapped[int]
    business: Mapped[int]
    calendar_mark: Mapped[str]

    __table_args__ = (
        Index("ix_figure_fact_measure_day", "measure", "day"),
        Index("ix_figure_fact_lately", "department", "measure", "day"),
    )


class FigureCase(Base):
    """Where the counting of one case stands: ``seq`` is the last event counted, ``state`` what is needed to go on.

    ``standing`` are the kinds of its timers that stand still.
    """

    __tablename__ = "figure_case"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    last_at: Mapped[datetime]
    open: Mapped[bool]
    started_at: Mapped[datetime]
    department: Mapped[str]
    service: Mapped[str]
    channel: Mapped[str]
    area: Mapped[str]
    confidential: Mapped[bool]
    standing: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_figure_case_open", "case_id", postgresql_where=text("open")),)
