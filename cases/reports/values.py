"""A report as values: tiles, charts and tables; each number that cases stand behind says which rows those are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum


class Unit(StrEnum):
    """What a number counts."""

    COUNT = "count"
    STANDING = "standing"  # promises at one midnight, behind which stand no rows
    SHARE = "share"  # from 0 to 1
    SECONDS = "seconds"  # of work
    WALL = "wall"  # seconds on the clock
    CHANGE = "change"  # a share more or less than another number
    SCORE = "score"  # of ratings, from 1 to 5


class By(StrEnum):
    """What a report is broken down by."""

    DEPARTMENT = "department"
    SERVICE = "service"
    CHANNEL = "channel"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Drill:
    """The rows behind a number. None is any; empty is the tray, no service, an unknown area, any part of a measure."""

    measure: str
    part: str | None = None
    department: str | None = None
    service: str | None = None
    channel: str | None = None
    area: str | None = None

    def under(self, by: By, key: str) -> Drill:
        """Return the rows of these that are of one department, service, channel or area."""
        match by:
            case By.DEPARTMENT:
                return replace(self, department=key)
            case By.SERVICE:
                return replace(self, service=key)
            case By.CHANNEL:
                return replace(self, channel=key)
        return replace(self, area=key)


@dataclass(frozen=True, slots=True)
class Cell:
    """One number; None where there is nothing to say. ``flag`` is why it stands out, in words."""

    value: float | None
    unit: Unit = Unit.COUNT
    drill: Drill | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; ``total`` where it is all lines together."""

    label: str
    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``figure`` names the definition that stands beside it; ``heads`` are those of the cells, after the label's."""

    title: str
    figure: str
    label: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One number by itself, with what it is made of in a few words."""

    title: str
    cell: Cell
    words: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """A chart of shares by week; each series is a name and one value a week, None where there was nothing."""

    title: str
    weeks: tuple[date, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    most: float = 1.0
    unit: Unit = Unit.SHARE


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of bars in two or more parts, one bar a line; ``said`` is what stands at its end."""

    title: str
    parts: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...], str], ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """A chart of weekdays (Monday first) by hours of the day."""

    title: str
    hours: tuple[int, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]


Chart = Lines | Bars | Heat


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the local days from ``since`` to ``until``, both included.

    ``complete_until`` is when what was counted last happened, where counting is behind; ``figures`` are the keys of
    the definitions that it rests on.
    """

    name: str
    title: str
    since: date
    until: date
    by: By
    figures: tuple[str, ...]
    tiles: tuple[Tile, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    counted_at: datetime | None = None
    complete_until: datetime | None = None
    department: str | None = None
    service: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What one report says, before it is known whose and when."""

    tiles: Sequence[Tile] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = field(default=())
