"""Reports on how long things took: answers, resolutions with what was reopened, and each department's time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from cases.queries.reports.asked import Asked
from cases.queries.spreads import Spread, Timed
from cases.reports.arithmetic import share
from cases.reports.naming import ALL, HEADS, called
from cases.reports.values import Bars, By, Cell, Drill, Made, Row, Table, Tile, Unit

ANSWERS, RESOLUTIONS, LEGS = (
    ("first_response", "next_response"),
    ("resolution", "first_resolution", "reopened"),
    ("leg",),
)
_HEADS = (
    "How many",
    "Median, working time",
    "90 % within, working time",
    "Median, clock time",
    "90 % within, clock time",
)
_TITLES = {
    "first_response": "Median first response",
    "next_response": "Median next response",
    "resolved": "Median time to fix",
}
_NOTE = "The median is the length in the middle: half took less, half took more. Nine of ten stayed within the other."


def answers(asked: Asked) -> Made:
    """Say how long answers took."""
    found = asked.timed("first_response", "next_response")
    tables = [
        _table(asked, found, "First response", "first_response", "first_response"),
        _table(asked, found, "Next response", "next_response", "next_response"),
    ]
    return Made(list(_tiles(found)), list(_bars(asked, found, "first_response")), tables, (_NOTE,))


def resolutions(asked: Asked) -> Made:
    """Say how long resolutions took, and how many did not last."""
    counts = {measure: n for (measure,), n in asked.sums("measure", measures=("resolved", "reopened")).items()}
    again, every = counts.get("reopened", 0), sum(counts.values())
    tile = Tile(
        "Reopened", Cell(share(again, every), Unit.SHARE, Drill("reopened")), f"{again:,} of {every:,} resolved"
    )
    found = asked.timed("resolved", "first_resolution")
    tables = [
        _table(asked, found, "Time to the final resolution", "resolution", "resolved"),
        _table(asked, found, "Time to the first resolution", "first_resolution", "first_resolution"),
        _reopened(asked),
    ]
    return Made([*_tiles(found), tile], list(_bars(asked, found, "resolved")), tables, (_NOTE,))


def _reopened(asked: Asked) -> Table:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (key, measure), number in asked.broken_down("measure", measures=("resolved", "reopened")).items():
        found[key][measure] = number
    rows = []
    for name, key in sorted((called(asked.city, asked.by, key), key) for key in found):
        again, lasts = found[key].get("reopened", 0), found[key].get("resolved", 0)
        drills = [Drill(one).under(asked.by, key) for one in ("reopened", "resolved")]
        cells = (
            Cell(share(again, again + lasts), Unit.SHARE),
            Cell(again, drill=drills[0]),
            Cell(lasts, drill=drills[1]),
        )
        rows.append(Row(name, cells))
    heads = ("Reopen rate", "Reopened", "Stands")
    return Table("Reopened", "reopened", HEADS[asked.by], heads, tuple(rows))


def legs(asked: Asked) -> Made:
    """Say who spent the time: how long each department had cases, by the service that they are about."""
    found = asked.timed(*LEGS).get("leg", Timed({})).parts
    total = sum(one.total_business for one in found.values())
    rows = []
    for key, one in sorted(found.items(), key=lambda item: -item[1].total_business):
        drill = Drill("leg").under(asked.by, key)
        cells = (Cell(one.total_business, Unit.SECONDS), Cell(share(one.total_business, total), Unit.SHARE))
        rows.append(Row(called(asked.city, asked.by, key), (*cells, *_cells(one, drill))))
    heads = ("All together, working time", "Share of all time", *_HEADS)
    tables = [Table("Time spent", "leg", HEADS[asked.by], heads, tuple(rows))]
    return Made((), list(_who(asked)), tables, (_NOTE,))


def _table(asked: Asked, found: Mapping[str, Timed], title: str, figure: str, measure: str) -> Table:
    timed = found.get(measure, Timed({}))
    rows = [Row(ALL, _cells(timed.whole, Drill(measure)), total=True)] if timed.whole else []
    for name, key in sorted((called(asked.city, asked.by, key), key) for key in timed.parts):
        rows.append(Row(name, _cells(timed.parts[key], Drill(measure).under(asked.by, key))))
    return Table(title, figure, HEADS[asked.by], _HEADS, tuple(rows))


def _cells(one: Spread, drill: Drill) -> tuple[Cell, ...]:
    return (
        Cell(one.count, drill=drill),
        Cell(one.median_business, Unit.SECONDS),
        Cell(one.p90_business, Unit.SECONDS),
        Cell(one.median_wall, Unit.WALL),
        Cell(one.p90_wall, Unit.WALL),
    )


def _tiles(found: Mapping[str, Timed]) -> Iterator[Tile]:
    for measure, title in _TITLES.items():
        one = found[measure].whole if measure in found else None
        if one is not None:
            cell = Cell(one.median_business, Unit.SECONDS, Drill(measure))
            yield Tile(title, cell, f"of work, of {one.count:,}")


def _bars(asked: Asked, found: Mapping[str, Timed], measure: str) -> Iterator[Bars]:
    parts = found[measure].parts if measure in found else {}
    rows = []
    for key, one in sorted(parts.items(), key=lambda item: -item[1].median_business)[:15]:
        middle, nine = _hours(one.median_business), _hours(one.p90_business)
        said = f"{middle} h, 90 % within {nine} h"
        rows.append((called(asked.city, asked.by, key), (middle, round(nine - middle, 1)), said))
    if rows:
        yield Bars("Working hours: median, and 90 % within", ("Median", "to 90 %"), tuple(rows))


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 1)


def _who(asked: Asked) -> Sequence[Bars]:
    """Return who spent the time, for each service the departments that had it longest."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (service, department), worked in asked.worked("service", "department", measures=LEGS).items():
        found[service][department] = worked
    most = sorted(found.items(), key=lambda item: -sum(item[1].values()))[:8]
    rows = []
    for service, departments in most:
        times = sorted(departments.items(), key=lambda item: -item[1])
        said = ", ".join(f"{called(asked.city, By.DEPARTMENT, key)} {_hours(worked):,} h" for key, worked in times[:3])
        hours = [_hours(worked) for _, worked in times]
        rows.append((called(asked.city, By.SERVICE, service), (hours[0], sum(hours[1:])), said))
    return (
        [Bars("Who spent the time, by service", ("the department that spent most", "others"), tuple(rows))]
        if rows
        else []
    )
