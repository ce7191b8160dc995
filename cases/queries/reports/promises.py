"""The report on promises: met and broken, by kind of promise, and by department, service, channel or area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cases.queries.reports.asked import Asked
from cases.reports.arithmetic import percent, share, shares_by, weeks
from cases.reports.naming import ALL, HEADS, called, kind
from cases.reports.values import Bars, By, Cell, Drill, Lines, Made, Row, Table, Tile, Unit
from cases.sla.timers import TimerKind

FIGURES = ("attainment", "waived", "standing")
MEASURES = ("met", "breached", "waived")
_HEADS = ("Kept", "Met", "Broken", "Waived", "Standing still")
_TILES = (TimerKind.FIRST_RESPONSE, TimerKind.NEXT_RESPONSE, TimerKind.RESOLUTION)
Told = Mapping[str, int]


def promises(asked: Asked) -> Made:
    """Say which promises were kept."""
    counts = dict(asked.broken_down("part", "measure", measures=MEASURES))
    whole = _by_kind(_together(counts))
    night = asked.night()
    if night is not None:
        counts |= asked.broken_down("part", "measure", measures=["standing"], day=night)
    lines = _by_kind(counts)
    for part, found in lines.items():
        waits = whole[part].setdefault("", dict.fromkeys((*MEASURES, "standing"), 0))
        waits["standing"] = sum(one["standing"] for one in found.values())
    order = [one.value for one in TimerKind]
    kinds = sorted(whole, key=lambda one: (order.index(one) if one in order else len(order), one))
    return Made(
        tiles=[_tile(one, whole[one][""]) for one in _TILES if one in whole],
        charts=[*_trend(asked, kinds), *(_bars(asked, one, lines[one]) for one in kinds if one in _TILES[::2])],
        tables=[_table(asked, one, whole[one][""], lines[one]) for one in kinds],
        notes=() if night else ("No night of this period has been counted: it is not known what stood still.",),
    )


def _together(counts: Mapping[tuple[str, ...], int]) -> Mapping[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for (_, *under), number in counts.items():
        found["", *under] += number
    return found


def _by_kind(counts: Mapping[tuple[str, ...], int]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for (key, part, measure), number in counts.items():
        found[part].setdefault(key, dict.fromkeys((*MEASURES, "standing"), 0))[measure] = number
    return found


def kept(one: Told) -> float | None:
    """Return the share that was met of what was met or broken."""
    return share(one["met"], one["met"] + one["breached"])


def _tile(part: str, one: Told) -> Tile:
    due = one["met"] + one["breached"]
    words = f"{one['met']:,} of {due:,} due. Waived {one['waived']:,}"
    return Tile(f"{kind(part)} on time", Cell(kept(one), Unit.SHARE, Drill("met", part)), words)


def _trend(asked: Asked, kinds: list[str]) -> Iterator[Lines]:
    counts, of = asked.weekly("part", "measure", measures=("met", "breached")), weeks(asked.since, asked.until)
    series = []
    for one in kinds:
        met, broken = counts.get((one, "met"), {}), counts.get((one, "breached"), {})
        if met or broken:
            due = {week: met.get(week, 0) + broken.get(week, 0) for week in of}
            series.append((kind(one), shares_by(of, met, due)))
    if series and len(of) > 1:
        yield Lines("Kept per week, by promise", of, tuple(series[:5]))


def _bars(asked: Asked, part: str, lines: Mapping[str, Told]) -> Bars:
    rows = []
    for key, one in sorted(lines.items(), key=lambda item: -item[1]["met"] - item[1]["breached"]):
        met, due = one["met"], one["met"] + one["breached"]
        if due:
            rows.append(
                (called(asked.city, asked.by, key), (met, due - met), f"{percent(met / due)}, {met:,} of {due:,}")
            )
    return Bars(f"{kind(part)}, by {HEADS[asked.by].lower()}", ("Kept", "Broken"), tuple(rows[:15]))


def _table(asked: Asked, part: str, whole: Told, lines: Mapping[str, Told]) -> Table:
    rows = [_row(ALL, part, whole, Drill("met"), total=True)]
    names = sorted((called(asked.city, asked.by, key), key) for key in lines)
    rows += [_row(name, part, lines[key], _narrowed(asked.by, key)) for name, key in names]
    return Table(kind(part), "attainment", HEADS[asked.by], _HEADS, tuple(rows))


def _narrowed(by: By, key: str) -> Drill:
    return Drill("met").under(by, key)


def _row(label: str, part: str, one: Told, drill: Drill, *, total: bool = False) -> Row:
    counts = [Cell(one[measure], drill=_of(drill, measure, part)) for measure in MEASURES]
    return Row(label, (Cell(kept(one), Unit.SHARE), *counts, Cell(one["standing"], Unit.STANDING)), total)


def _of(drill: Drill, measure: str, part: str) -> Drill:
    return Drill(measure, part, drill.department, drill.service, drill.channel, drill.area)
