"""Reports on how long things took: answers, resolutions with what was reopened, and each department's time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from cases.models import FigureFact, FigureSum
from cases.queries.figures import Spread
from cases.queries.reports.asked import Asked
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
_NOTE = "The median is the length in the middle: half took less, half took more. Nine of ten stayed within the other."


def answers(asked: Asked) -> Made:
    """Say how long answers took."""
    tables = [table(asked, "First response", "first_response", "first_response")]
    tables.append(table(asked, "Next response", "next_response", "next_response"))
    return Made(_tiles(asked, ("first_response", "next_response")), [_bars(asked, "first_response")], tables, (_NOTE,))


def resolutions(asked: Asked) -> Made:
    """Say how long resolutions took, and how many did not last."""
    counts = {measure: n for (measure,), n in asked.sums(FigureSum.measure, measures=("resolved", "reopened")).items()}
    again, every = counts.get("reopened", 0), sum(counts.values())
    tile = Tile(
        "Reopened", Cell(share(again, every), Unit.SHARE, Drill("reopened")), f"{again:,} of {every:,} resolved"
    )
    tables = [
        table(asked, "Time to the final resolution", "resolution", "resolved"),
        table(asked, "Time to the first resolution", "first_resolution", "first_resolution"),
        _reopened(asked),
    ]
    return Made([*_tiles(asked, ("resolved",)), tile], [_bars(asked, "resolved")], tables, (_NOTE,))


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
    found = asked.parted(LEGS)
    total = sum(one.total_business for one in found.values())
    rows = []
    for key, one in sorted(found.items(), key=lambda item: -item[1].total_business):
        drill = Drill("leg").under(asked.by, key[0])
        cells = (Cell(one.total_business, Unit.SECONDS), Cell(share(one.total_business, total), Unit.SHARE))
        rows.append(Row(called(asked.city, asked.by, key[0]), (*cells, *_cells(one, drill))))
    heads = ("All together, working time", "Share of all time", *_HEADS)
    tables = [Table("Time spent", "leg", HEADS[asked.by], heads, tuple(rows))]
    return Made((), list(_who(asked)), tables, (_NOTE,))


def table(asked: Asked, title: str, figure: str, measure: str) -> Table:
    """Return how long one measure took, all together and broken down."""
    found, whole = asked.parted([measure]), asked.spreads(measures=[measure])
    rows = [Row(ALL, _cells(one, Drill(measure)), total=True) for one in whole.values()]
    for name, key in sorted((called(asked.city, asked.by, key[0]), key) for key in found):
        rows.append(Row(name, _cells(found[key], Drill(measure).under(asked.by, key[0]))))
    return Table(title, figure, HEADS[asked.by], _HEADS, tuple(rows))


def _cells(one: Spread, drill: Drill) -> tuple[Cell, ...]:
    return (
        Cell(one.count, drill=drill),
        Cell(one.median_business, Unit.SECONDS),
        Cell(one.p90_business, Unit.SECONDS),
        Cell(one.median_wall, Unit.WALL),
        Cell(one.p90_wall, Unit.WALL),
    )


def _tiles(asked: Asked, measures: Sequence[str]) -> list[Tile]:
    titles = {
        "first_response": "Median first response",
        "next_response": "Median next response",
        "resolved": "Median time to fix",
    }
    return [
        Tile(
            titles[measure], Cell(one.median_business, Unit.SECONDS, Drill(measure)), f"working time, of {one.count:,}"
        )
        for measure in measures
        for one in asked.spreads(measures=[measure]).values()
    ]


def _bars(asked: Asked, measure: str) -> Bars:
    found = sorted(asked.parted([measure]).items(), key=lambda item: -item[1].median_business)[:15]
    rows = []
    for key, one in found:
        middle, nine = _hours(one.median_business), _hours(one.p90_business)
        said = f"{middle} h, 90 % within {nine} h"
        rows.append((called(asked.city, asked.by, key[0]), (middle, round(nine - middle, 1)), said))
    return Bars("Working hours: median, and 90 % within", ("Median", "to 90 %"), tuple(rows))


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 1)


def _who(asked: Asked) -> Sequence[Bars]:
    """Return who spent the time, for each service the departments that had it longest."""
    found: dict[str, dict[str, Spread]] = defaultdict(dict)
    for (service, department), one in asked.spreads(FigureFact.service, FigureFact.department, measures=LEGS).items():
        found[service][department] = one
    most = sorted(found.items(), key=lambda item: -sum(one.total_business for one in item[1].values()))[:8]
    rows = []
    for service, departments in most:
        times = sorted(departments.items(), key=lambda item: -item[1].total_business)
        said = ", ".join(
            f"{called(asked.city, By.DEPARTMENT, key)} {_hours(one.total_business):,} h" for key, one in times[:3]
        )
        hours = [_hours(one.total_business) for _, one in times]
        rows.append((called(asked.city, By.SERVICE, service), (hours[0], sum(hours[1:])), said))
    return (
        [Bars("Who spent the time, by service", ("the department that spent most", "others"), tuple(rows))]
        if rows
        else []
    )
