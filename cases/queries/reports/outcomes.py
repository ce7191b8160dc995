"""Reports on how it went for citizens: resolved at the first contact, and what they thought of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy import func, select

from cases.figures.first_contact import JUDGED, NO, YES
from cases.models import FigureSum
from cases.queries.reports.asked import Asked
from cases.reports.arithmetic import percent, share, shares_by, weeks
from cases.reports.naming import ALL, HEADS, called
from cases.reports.values import Bars, Cell, Drill, Lines, Made, Row, Table, Tile, Unit

FIRST_CONTACT, SATISFACTION = ("first_contact",), ("satisfaction", "rating_share")
GOOD = ("4", "5")
SCORES = ("1", "2", "3", "4", "5")
_LAST_JUDGED = select(func.max(FigureSum.day)).where(FigureSum.measure == JUDGED)
_ALL = ("rated", "resolved", "reopened")
Parts = Mapping[str, int]


def first_contact(asked: Asked) -> Made:
    """Say which resolutions needed one contact of the citizen."""
    found = _parts(asked, ["first_contact"])
    whole = _together(found)
    last = asked.session.scalar(_LAST_JUDGED)
    note = f"Judged until {last}: the days after that are not known yet." if last else "No day has been judged yet."
    words = f"{whole.get(YES, 0):,} of {sum(whole.values()):,} resolutions"
    tile = Tile("At the first contact", Cell(_first(whole), Unit.SHARE, Drill("first_contact", YES)), words)
    heads = ("At the first contact", "Yes", "No")
    rows = [_first_row(ALL, whole, Drill("first_contact"), total=True)]
    for name, key in sorted((called(asked.city, asked.by, key), key) for key in found):
        rows.append(_first_row(name, found[key], Drill("first_contact").under(asked.by, key)))
    table = Table("Resolved at the first contact", "first_contact", HEADS[asked.by], heads, tuple(rows))
    bars = _bars(asked, "Resolved at the first contact", ("Yes", "No"), {
        key: (one.get(YES, 0), one.get(NO, 0)) for key, one in found.items()
    })  # fmt: skip
    counts = asked.weekly("part", measures=["first_contact"])
    trend = _trend(asked, "Resolved at the first contact, per week", counts.get((YES,), {}), counts.get((NO,), {}))
    return Made([tile], [*trend, bars], [table], (note,))


def satisfaction(asked: Asked) -> Made:
    """Say what citizens thought of how their cases were settled."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SCORES, 0))
    resolved: dict[str, int] = defaultdict(int)
    for (key, measure, part), number in asked.broken_down("measure", "part", measures=_ALL).items():
        if measure == "rated":
            counts[key][part] = number
        else:
            resolved[key] += number
    whole, every = _together(counts), sum(resolved.values())
    rated = sum(whole.values())
    tiles = [
        Tile("Rated 4 or 5", Cell(_good(whole), Unit.SHARE, Drill("rated")), f"of {rated:,} ratings"),
        Tile("Rated at all", Cell(share(rated, every), Unit.SHARE, Drill("rated")), f"of {every:,} resolutions"),
    ]
    heads = ("Rated 4 or 5", "Ratings", "Resolutions", "Rated at all", *SCORES)
    rows = [_rated_row(ALL, whole, every, Drill("rated"), total=True)]
    for name, key in sorted((called(asked.city, asked.by, key), key) for key in {*counts, *resolved}):
        rows.append(_rated_row(name, counts[key], resolved[key], Drill("rated").under(asked.by, key)))
    table = Table("Ratings", "satisfaction", HEADS[asked.by], heads, tuple(rows))
    split = {key: (sum(one[s] for s in GOOD), sum(one[s] for s in SCORES[:3])) for key, one in counts.items()}
    by_week = asked.weekly("part", measures=["rated"])
    good, bad = _added(by_week, GOOD), _added(by_week, SCORES[:3])
    trend = _trend(asked, "Rated 4 or 5, per week", good, bad)
    return Made(tiles, [*trend, _bars(asked, "Ratings", ("4 or 5", "1 to 3"), split)], [table])


def _parts(asked: Asked, measures: list[str]) -> Mapping[str, Parts]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (key, part), number in asked.broken_down("part", measures=measures).items():
        found[key][part] = number
    return found


def _together(found: Mapping[str, Parts]) -> Parts:
    whole: dict[str, int] = defaultdict(int)
    for one in found.values():
        for part, number in one.items():
            whole[part] += number
    return whole


def _first(one: Parts) -> float | None:
    return share(one.get(YES, 0), one.get(YES, 0) + one.get(NO, 0))


def _good(one: Parts) -> float | None:
    return share(sum(one.get(score, 0) for score in GOOD), sum(one.values()))


def _first_row(label: str, one: Parts, drill: Drill, *, total: bool = False) -> Row:
    cells = [Cell(one.get(part, 0), drill=_part(drill, part)) for part in (YES, NO)]
    return Row(label, (Cell(_first(one), Unit.SHARE), *cells), total)


def _rated_row(label: str, one: Parts, every: int, drill: Drill, *, total: bool = False) -> Row:
    rated = sum(one.values())
    cells = [Cell(one.get(score, 0), drill=_part(drill, score)) for score in SCORES]
    heads = (Cell(_good(one), Unit.SHARE), Cell(rated, drill=drill), Cell(every), Cell(share(rated, every), Unit.SHARE))
    return Row(label, (*heads, *cells), total)


def _part(drill: Drill, part: str) -> Drill:
    return Drill(drill.measure, part, drill.department, drill.service, drill.channel, drill.area)


def _added(by_week: Mapping[tuple[str, ...], Mapping[date, int]], parts: tuple[str, ...]) -> Mapping[date, int]:
    found: dict[date, int] = defaultdict(int)
    for part in parts:
        for week, number in by_week.get((part,), {}).items():
            found[week] += number
    return found


def _trend(asked: Asked, title: str, good: Mapping[date, int], bad: Mapping[date, int]) -> Iterator[Lines]:
    of = weeks(asked.since, asked.until)
    whole = {week: good.get(week, 0) + bad.get(week, 0) for week in of}
    if len(of) > 1 and any(whole.values()):
        yield Lines(title, of, (("Share", shares_by(of, good, whole)),))


def _bars(asked: Asked, title: str, parts: tuple[str, str], found: Mapping[str, tuple[int, int]]) -> Bars:
    rows = sorted(found.items(), key=lambda item: -sum(item[1]))[:15]
    return Bars(title, parts, tuple(
        (called(asked.city, asked.by, key), one, f"{percent(one[0] / sum(one))}, {one[0]:,} of {sum(one):,}")
        for key, one in rows if sum(one)
    ))  # fmt: skip
