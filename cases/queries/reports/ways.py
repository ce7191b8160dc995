"""Reports on the ways that citizens come, and on whether they are served alike wherever and however they come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from statistics import mean, median

from cases.queries.reports.asked import Asked
from cases.queries.spreads import Timed
from cases.reports.arithmetic import above, share, unfair, weeks
from cases.reports.naming import ALL, CHANNELS, DIGITAL, HEADS, called
from cases.reports.values import Bars, By, Cell, Chart, Drill, Heat, Lines, Made, Row, Table, Tile, Unit

WAYS, EQUITY = ("digital", "contacts"), ("equity",)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def ways(asked: Asked) -> Made:
    """Say by which channels cases were opened, and when citizens come."""
    opened = {channel: n for (channel,), n in asked.sums("channel", measures=["opened"]).items()}
    came = {channel: n for (channel,), n in asked.sums("channel", measures=["contacts"]).items()}
    every, digital = sum(opened.values()), sum(opened.get(one, 0) for one in DIGITAL)
    tile = Tile("Digital share", Cell(share(digital, every), Unit.SHARE), f"{digital:,} of {every:,} cases opened")
    contacts = [Tile("Contacts", Cell(sum(came.values()), drill=Drill("contacts")))] if asked.service is None else []
    rows = [Row(ALL, (Cell(every, drill=Drill("opened")), Cell(1.0 if every else None, Unit.SHARE),
                      Cell(sum(came.values()), drill=Drill("contacts"))), total=True)]  # fmt: skip
    for key in sorted({*opened, *came}, key=lambda one: (-opened.get(one, 0), one)):
        cells = (
            Cell(opened.get(key, 0), drill=Drill("opened", channel=key)),
            Cell(share(opened.get(key, 0), every), Unit.SHARE),
            Cell(came.get(key, 0), drill=Drill("contacts", channel=key)),
        )
        rows.append(Row(CHANNELS.get(key, key), cells))
    table = Table("Channels", "digital", "Channel", ("Cases opened", "Share", "Contacts"), tuple(rows))
    return Made([tile, *contacts], [*_trend(asked), *_heat(asked)], [table, *_shares(asked)])


def equity(asked: Asked) -> Made:
    """Say how long resolutions took by area and by channel, and where that is more than a fifth longer than for all."""
    tables = [_compared(replace(asked, by=by)) for by in (By.AREA, By.CHANNEL)]
    flagged = sum(bool(row.cells[-1].flag) for table in tables for row in table.rows)
    tile = Tile("Flagged", Cell(flagged), "areas and channels whose median is more than 20 % above that of all")
    return Made([tile], [_slowest(table) for table in tables if table.rows], tables)


def _trend(asked: Asked) -> list[Chart]:
    counts, of = asked.weekly("channel", measures=["opened"]), weeks(asked.since, asked.until)
    most = sorted(counts, key=lambda key: -sum(counts[key].values()))[:5]
    series = tuple((CHANNELS.get(one[0], one[0]), tuple(float(counts[one].get(w, 0)) for w in of)) for one in most)
    top = max((value for _, values in series for value in values), default=0.0)
    return [Lines("Cases opened per week, by channel", of, series, top, Unit.COUNT)] if top and len(of) > 1 else []


def _heat(asked: Asked) -> list[Chart]:
    """Return how many contacts came in each hour of a weekday: the median of its days, where few come their average."""
    days: dict[date, dict[int, int]] = defaultdict(dict)
    for (hour, day), number in asked.daily("part", measures=["contacts"]).items():
        days[day][int(hour)] = number
    if not days:
        return []
    hours = tuple(range(min(min(one) for one in days.values()), max(max(one) for one in days.values()) + 1))
    every = [date.fromordinal(n) for n in range(asked.since.toordinal(), asked.until.toordinal() + 1)]
    same = [[days.get(day, {}) for day in every if day.weekday() == weekday] for weekday in range(7)]
    for words, middle in (("median", median), ("average", mean)):
        rows = tuple(
            (name, tuple(round(float(middle([one.get(hour, 0) for one in found])), 1) for hour in hours))
            for name, found in zip(_DAYS, same, strict=True)
            if found
        )
        if any(any(values) for _, values in rows):
            return [Heat(f"Contacts by hour, the {words} of each weekday", hours, rows)]
    return []


def _shares(asked: Asked) -> list[Table]:
    if asked.by in (By.CHANNEL, By.AREA):
        return []
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (key, channel), number in asked.broken_down("channel", measures=["opened"]).items():
        found[key][0] += number if channel in DIGITAL else 0
        found[key][1] += number
    rows = [
        Row(
            name,
            (Cell(share(*found[key]), Unit.SHARE), Cell(found[key][1], drill=Drill("opened").under(asked.by, key))),
        )
        for name, key in sorted((called(asked.city, asked.by, key), key) for key in found)
    ]
    heads = ("Digital share", "Cases opened")
    return [Table(f"Digital share by {HEADS[asked.by].lower()}", "digital", HEADS[asked.by], heads, tuple(rows))]


def _compared(asked: Asked) -> Table:
    rows, by, found = [], asked.by, asked.timed("resolved").get("resolved", Timed({}))
    for key, one in sorted(found.parts.items(), key=lambda item: -item[1].median_business):
        change = above(one.median_business, found.whole.median_business if found.whole else None)
        cells = (
            Cell(one.count, drill=Drill("resolved").under(by, key)),
            Cell(one.median_business, Unit.SECONDS),
            Cell(one.p90_business, Unit.SECONDS),
            Cell(change, Unit.CHANGE, flag=unfair(change, one.count)),
        )
        rows.append(Row(called(asked.city, by, key), cells))
    heads = ("Resolved", "Median, working time", "90 % within, working time", "Against all")
    return Table(f"Time to the final resolution, by {HEADS[by].lower()}", "equity", HEADS[by], heads, tuple(rows))


def _slowest(table: Table) -> Bars:
    rows = [(row.label, _hours(row), f"{sum(_hours(row))} h") for row in table.rows[:12]]
    return Bars(f"Median working hours, by {table.label.lower()}", ("within a fifth of all", "flagged"), tuple(rows))


def _hours(row: Row) -> tuple[float, float]:
    hours = round((row.cells[1].value or 0) / 3600, 1)
    return (0.0, hours) if row.cells[-1].flag else (hours, 0.0)
