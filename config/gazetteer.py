"""Puts the places of all files together, and writes them as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cases.routing.places import Place
from config.places_file import BETWEEN, COLUMNS, Line


def join(lines: Iterable[Line], faults: list[str]) -> tuple[Place, ...]:
    """Return the places of all files; one that stands in several lines has the aliases of all of them."""
    places: dict[str, Place] = {}
    where: dict[str, tuple[str, int]] = {}
    for file, number, one in lines:
        before = places.get(one.name)
        where.setdefault(one.name, (file, number))
        if before is None:
            places[one.name] = one
            continue
        if (before.kind, before.parent) != (one.kind, one.parent or before.parent):
            first = f"line {where[one.name][1]} of {where[one.name][0]}"
            faults.append(f"{file}: line {number}: {one.name!r} is another kind or lies elsewhere than in {first}")
        places[one.name] = merged(before, one)
    for file, number, one in lines:
        if one.parent is not None and (one.parent not in places or _circle(one, places)):
            what = "lies in itself" if one.parent in places else "is no place of these files; add a line for it"
            faults.append(f"{file}: line {number}: parent: {one.parent!r} {what}")
    return tuple(places.values())


def merged(one: Place, other: Place) -> Place:
    """Return a place with the aliases of both lines, and what either of them knows."""
    aliases = tuple(dict.fromkeys((*one.aliases, *other.aliases)))
    return replace(
        one,
        aliases=aliases,
        constituency=one.constituency or other.constituency,
        lat=other.lat if one.lat is None else one.lat,
        lon=other.lon if one.lon is None else one.lon,
    )


def write(places: Iterable[Place]) -> str:
    """Return the text of a file with these places."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for one in places:
        points = ["" if value is None else f"{value:.6f}".rstrip("0").rstrip(".") for value in (one.lat, one.lon)]
        aliases = BETWEEN.join(one.aliases)
        table.writerow([one.name, one.kind, one.parent or "", aliases, one.constituency or "", *points])
    return out.getvalue()


def _circle(place: Place, places: Mapping[str, Place]) -> bool:
    seen: set[str] = set()
    one: Place | None = place
    while one is not None and one.parent is not None:
        if one.name in seen:
            return True
        seen.add(one.name)
        one = places.get(one.parent)
    return False
