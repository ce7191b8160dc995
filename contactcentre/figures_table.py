"""Figures as a flat table, one value a row: what is downloaded, and what a command prints."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from cases.departments import City
from cases.figures.definitions import DEFINITIONS
from cases.queries.figures import Attainment, Figures
from cases.queries.spreads import Spread

#: what a spreadsheet would take for a formula, were a cell to begin with it
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Row(NamedTuple):
    """One value. ``part``: a timer's kind or an age; ``measure``: what of the figure; ``unit``: of the value."""

    figure: str
    part: str
    department: str
    measure: str
    value: str
    unit: str


def rows(figures: Figures, city: City) -> Iterator[Row]:
    """Yield all values in the order of the page; a share or a time that nothing goes into is left out."""
    whose = "All departments" if figures.department is None else city.department_name(figures.department)
    for key in ("opened", "resolved", "closed"):
        yield Row(DEFINITIONS[key].name, "", whose, "count", str(getattr(figures, key)), "cases")
    if figures.reopen_rate is not None:
        yield Row(DEFINITIONS["reopened"].name, "", whose, "share", _share(figures.reopen_rate), "")
    for key, spread in figures.times.items():
        yield from _spread(DEFINITIONS[key].name, whose, spread)
    for one in figures.attainment:
        yield from _promises(one, whose if one.department is None else department_name(one.department, city))
    for age, number in figures.backlog.items():
        yield Row(DEFINITIONS["backlog"].name, f"{age} days", whose, "count", str(number), "cases")
    for department, spread in figures.legs.items():
        name = department_name(department, city)
        yield Row(DEFINITIONS["leg"].name, "", name, "total, working time", str(spread.total_business), "seconds")
        yield from _spread(DEFINITIONS["leg"].name, name, spread)


def department_name(key: str, city: City) -> str:
    """Return a department's name; figures call the tray by an empty key."""
    return city.department_name(key or None)


def text(figures: Figures, city: City) -> str:
    """Return the table as CSV, in which no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("from", "to", *Row._fields))
    for row in rows(figures, city):
        writer.writerow([safe(cell) for cell in (str(figures.since), str(figures.until), *row)])
    return out.getvalue()


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet reckons: names of departments are written by people."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _spread(figure: str, department: str, spread: Spread) -> Iterator[Row]:
    yield Row(figure, "", department, "count", str(spread.count), "")
    for measure, value in (
        ("median, working time", spread.median_business),
        ("90th percentile, working time", spread.p90_business),
        ("median, clock time", spread.median_wall),
        ("90th percentile, clock time", spread.p90_wall),
    ):
        yield Row(figure, "", department, measure, str(round(value)), "seconds")


def _promises(one: Attainment, department: str) -> Iterator[Row]:
    figure = DEFINITIONS["attainment"].name
    if one.share is not None:
        yield Row(figure, one.kind, department, "attainment", _share(one.share), "")
    counts = {"met": one.met, "broken": one.breached, "waived": one.waived, "standing still": one.standing}
    for measure, number in counts.items():
        yield Row(figure, one.kind, department, measure, str(number), "promises")


def _share(share: float) -> str:
    return f"{share:.4f}"
