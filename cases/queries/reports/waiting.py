"""The report on what waits: backlog by age at the end of a day, and how it came and went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cases.figures.nights import AGES, OLDEST
from cases.queries.reports.asked import Asked
from cases.reports.arithmetic import weeks
from cases.reports.naming import ALL, HEADS, called
from cases.reports.values import Bars, Cell, Chart, Drill, Lines, Made, Row, Table, Tile, Unit

FIGURES = ("backlog", "opened", "resolved", "closed")
PARTS = (*(part for _, part in AGES), OLDEST)
_FLOW = ("opened", "resolved", "closed")


def waiting(asked: Asked) -> Made:
    """Say what waits, and what was opened, resolved and closed."""
    night, tables = asked.night(), list[Table]()
    charts: list[Chart] = list(_trend(asked))
    flow = {measure: n for (measure,), n in asked.sums("measure", measures=_FLOW).items()}
    tiles = [Tile(one.capitalize(), Cell(flow.get(one, 0), drill=Drill(one))) for one in _FLOW]
    if night is not None:
        by_age: dict[str, dict[str, int]] = defaultdict(dict)
        for (key, part), number in asked.broken_down("part", measures=["backlog"], day=night).items():
            by_age[key][part] = number
        waits = sum(sum(one.values()) for one in by_age.values())
        old = sum(one.get(OLDEST, 0) for one in by_age.values())
        words = f"at the end of {night}, {old:,} of them for more than 90 days"
        tiles.insert(0, Tile("Backlog", Cell(waits, drill=Drill("backlog")), words))
        tables.append(_table(asked, by_age))
        charts.append(_bars(asked, by_age))
    tables.append(_flow(asked))
    return Made(tiles, charts, tables, () if night else ("No night of this period has been counted.",))


def _table(asked: Asked, by_age: Mapping[str, Mapping[str, int]]) -> Table:
    whole = {part: sum(one.get(part, 0) for one in by_age.values()) for part in PARTS}
    rows = [_row(ALL, whole, Drill("backlog"), total=True)]
    for name, key in sorted((called(asked.city, asked.by, key), key) for key in by_age):
        rows.append(_row(name, by_age[key], Drill("backlog").under(asked.by, key)))
    heads = (*(f"{part} days" for part in PARTS), "All")
    return Table("Backlog by age", "backlog", HEADS[asked.by], heads, tuple(rows))


def _row(label: str, one: Mapping[str, int], drill: Drill, *, total: bool = False) -> Row:
    cells = [Cell(one.get(part, 0), drill=_part(drill, part)) for part in PARTS]
    return Row(label, (*cells, Cell(sum(one.values()), drill=drill)), total)


def _part(drill: Drill, part: str) -> Drill:
    return Drill(drill.measure, part, drill.department, drill.service, drill.channel, drill.area)


def _bars(asked: Asked, by_age: Mapping[str, Mapping[str, int]]) -> Bars:
    rows = []
    for key, one in sorted(by_age.items(), key=lambda item: -sum(item[1].values()))[:15]:
        young, every = sum(one.get(part, 0) for part in PARTS[:3]), sum(one.values())
        rows.append((called(asked.city, asked.by, key), (young, every - young), f"{every:,}"))
    title = f"Backlog by age and {HEADS[asked.by].lower()}"
    return Bars(title, ("up to 30 days", "longer"), tuple(rows))


def _trend(asked: Asked) -> Iterator[Lines]:
    counts, of = asked.weekly("measure", measures=_FLOW[:2]), weeks(asked.since, asked.until)
    series = tuple(
        (one.capitalize(), tuple(float(counts.get((one,), {}).get(week, 0)) for week in of)) for one in _FLOW[:2]
    )
    most = max((value for _, values in series for value in values if value is not None), default=0.0)
    if len(of) > 1 and most:
        yield Lines("Opened and resolved per week", of, series, most, Unit.COUNT)


def _flow(asked: Asked) -> Table:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (key, measure), number in asked.broken_down("measure", measures=_FLOW).items():
        found[key][measure] = number
    whole = {one: sum(row.get(one, 0) for row in found.values()) for one in _FLOW}
    rows = [Row(ALL, tuple(Cell(whole[one], drill=Drill(one)) for one in _FLOW), total=True)]
    for name, key in sorted((called(asked.city, asked.by, key), key) for key in found):
        cells = (Cell(found[key].get(one, 0), drill=Drill(one).under(asked.by, key)) for one in _FLOW)
        rows.append(Row(name, tuple(cells)))
    heads = tuple(one.capitalize() for one in _FLOW)
    return Table("Opened, resolved, closed", "opened", HEADS[asked.by], heads, tuple(rows))
