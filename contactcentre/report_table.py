"""Reports and the rows behind their numbers as flat tables: what is downloaded, and what goes along with a mail."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from cases.departments import City
from cases.queries.reports.rows import Found
from cases.references import written
from cases.reports.naming import called
from cases.reports.values import By, Cell, Report, Unit
from contactcentre.figures_table import safe

_HEADS = ("from", "to", "report", "table", "line", "measure", "value", "unit")
_ROWS = ("day", "at", "reference", "status", "subject", "department", "service", "channel", "area", "part", "seconds")
_UNITS = {Unit.COUNT: "", Unit.STANDING: "", Unit.SHARE: "share", Unit.SECONDS: "seconds of work", Unit.WALL: "seconds"}


def text(report: Report) -> str:
    """Return a report as CSV, one value a line, in which no cell is a formula."""
    period = (str(report.since), str(report.until), report.title)
    return _written(_HEADS, ((*period, *one) for one in _values(report)))


def rows_text(found: Iterable[Found], city: City) -> str:
    """Return the rows behind a number as CSV; of a case that may not be read, without its reference and words."""
    return _written(_ROWS, (_row(one, city) for one in found))


def _values(report: Report) -> Iterator[Sequence[str]]:
    for table in report.tables:
        for row in table.rows:
            for head, cell in zip(table.heads, row.cells, strict=True):
                if cell.value is not None:
                    yield (table.title, row.label, head, _number(cell), _UNITS.get(cell.unit, cell.unit.value))


def _number(cell: Cell) -> str:
    assert cell.value is not None
    return f"{cell.value:.4f}" if cell.unit in (Unit.SHARE, Unit.CHANGE) else f"{cell.value:.0f}"


def _row(one: Found, city: City) -> Sequence[str]:
    place = [called(city, by, getattr(one, by.value)) for by in By]
    reference = written(one.reference) if one.reference else ""
    lasted = "" if one.business is None else str(one.business)
    return (str(one.day), one.at.isoformat(), reference, one.status or "", one.subject or "", *place, one.part, lasted)


def _written(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for line in lines:
        writer.writerow([safe(cell) for cell in line])
    return out.getvalue()
