"""Sums of figures for whole weeks and eight weeks, and how many things took how long, by classes of length.

``days`` is how long a run of days is, ``day`` its first. ``walls`` and ``businesses`` are how many things are in each
class, on the clock and of work: see ``cases.figures.classes``.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Date, Integer
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base


class FigureRun(Base):
    """Sums of :class:`FigureSum` for a run of 7 or 56 days; of nights there are none."""

    __tablename__ = "figure_run"

    days: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    confidential: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int]


class FigureAreaRun(Base):
    """Sums of :class:`FigureArea` for a run of 7 or 56 days."""

    __tablename__ = "figure_area_run"

    days: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    confidential: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int]


class FigureLength(Base):
    """How many things took how long, of a run of 1, 7 or 56 days; ``wall`` and ``business`` are all seconds of them."""

    __tablename__ = "figure_length"

    days: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    confidential: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int]
    wall: Mapped[int]
    business: Mapped[int]
    walls: Mapped[Decimal]
    businesses: Mapped[Decimal]


class FigureAreaLength(Base):
    """The same by area, with services and channels together."""

    __tablename__ = "figure_area_length"

    days: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    confidential: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int]
    wall: Mapped[int]
    business: Mapped[int]
    walls: Mapped[Decimal]
    businesses: Mapped[Decimal]
