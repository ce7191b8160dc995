"""Names of polling stations, most of them loaded as aliases, the others looked for: right, wrong, asked."""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from cases.routing.gazetteer import Gazetteer
from cases.routing.places import Found, Place
from config import gazetteer, places_file
from tests.routing.shared import shared

#: constituencies around the shipped city, by the list's codes
NEAR = ("A05", "A06", "A07", "A08")
SHARE = 0.7
Row = Mapping[str, str]
Score = Mapping[str, Counter[str]]


def rows(only: Sequence[str] = ()) -> list[Row]:
    """Return the stations, each name of an area once."""
    with shared("places/polling_stations_western.csv").open(encoding="utf-8", newline="") as file:
        every = [row for row in csv.DictReader(file) if not only or row["constituency_code"] in only]
    return list({(row["station_name"], row["electoral_area_code"]): row for row in every}.values())


def score(stations: Iterable[Row], *, seed: int) -> Score:
    """Load a share of the stations by the product's own file format, and resolve the others."""
    shuffled = sorted(stations, key=lambda row: row["station_code"])
    random.Random(seed).shuffle(shuffled)
    cut = round(len(shuffled) * SHARE)
    known = _loaded(shuffled[:cut])
    found: dict[str, Counter[str]] = {"area": Counter(), "constituency": Counter()}
    for row in shuffled[cut:]:
        resolved = known.resolve(row["station_name"])
        area = constituency = None
        if isinstance(resolved, Found):
            constituency = known.constituency(resolved.place)
            area = resolved.place.name if resolved.place.kind == "area" else None
        found["area"][_judged(area, row["electoral_area_code"])] += 1
        found["constituency"][_judged(constituency, row["constituency_code"])] += 1
    return found


def shares(scores: Iterable[Score], level: str) -> dict[str, float]:
    """Return the shares right, wrong and asked, over several splits."""
    total: Counter[str] = Counter()
    for one in scores:
        total += one[level]
    return {word: total[word] / total.total() for word in ("right", "wrong", "asked")}


def _judged(found: str | None, truth: str) -> str:
    return "asked" if found is None else "right" if found == truth else "wrong"


def _loaded(stations: Sequence[Row]) -> Gazetteer:
    aliases: dict[str, list[str]] = defaultdict(list)
    for row in stations:
        aliases[row["electoral_area_code"]].append(row["station_name"].replace(";", ","))
    names = {row["constituency_code"]: _named(row["constituency_and_district"]) for row in rows()}
    inside = {row["electoral_area_code"]: row["constituency_code"] for row in stations}
    places = [Place(code, "constituency", aliases=(names[code],)) for code in sorted(set(inside.values()))]
    places += [Place(area, "area", inside[area], tuple(dict.fromkeys(aliases[area]))) for area in sorted(aliases)]
    faults: list[str] = []
    read = gazetteer.join(places_file.read("places/stations.csv", gazetteer.write(places), faults), faults)
    assert faults == []
    return Gazetteer(read)


def _named(both: str) -> str:
    """Return a constituency's name out of "constituency district", printed in one column."""
    words = both.split()
    return " ".join(words[: (len(words) + 1) // 2])
