"""Reads places/*.csv: what places are called, and where they lie. Every faulty line is told at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from cases.routing import words
from cases.routing.places import KINDS, Place

COLUMNS = ("name", "kind", "parent", "aliases", "constituency", "lat", "lon")
#: between the aliases of one place
BETWEEN = ";"
_BOUNDS = {"lat": 90.0, "lon": 180.0}
Line = tuple[str, int, Place]


def read(file: str, text: str, faults: list[str]) -> list[Line]:
    """Return the places of one file with the lines that they stand in; faults go to ``faults``."""
    if "\ufffd" in text:
        faults.append(f"{file}: (file): is not UTF-8; save it with that encoding")
        return []
    table = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        rows = [(table.line_num, row) for row in table if any(cell.strip() for cell in row)]
    except csv.Error as error:
        faults.append(
            f"{file}: line {table.line_num}: is not CSV: {error}; put a text with commas into quotation marks"
        )
        return []
    if not rows or not {"name", "kind"} <= set(rows[0][1]) <= set(COLUMNS):
        faults.append(
            f"{file}: line 1: must name the columns; name and kind, and of {', '.join(COLUMNS)} what is known"
        )
        return []
    header = rows[0][1]
    found = []
    for number, row in rows[1:]:
        if len(row) != len(header):
            faults.append(f"{file}: line {number}: has {len(row)} cells; line 1 names {len(header)} columns")
            continue
        place = _place(dict(zip(header, (one.strip() for one in row), strict=True)), f"{file}: line {number}", faults)
        found += [(file, number, place)] if place else []
    return found


def _place(row: Mapping[str, str], where: str, faults: list[str]) -> Place | None:
    before = len(faults)
    name, kind = row["name"], row["kind"]
    aliases = tuple(dict.fromkeys(one.strip() for one in row.get("aliases", "").split(BETWEEN) if one.strip()))
    for key, names in (("name", (name,)), ("aliases", aliases)):
        faults += [f"{where}: {key}: {one!r} has no letters or digits" for one in names if not words.split(one)]
    if kind not in KINDS:
        faults.append(f"{where}: kind: {kind!r} is unknown; allowed: {', '.join(KINDS)}")
    lat, lon = (_degrees(row.get(key, ""), key, where, faults) for key in ("lat", "lon"))
    if (lat is None) != (lon is None) and len(faults) == before:
        faults.append(f"{where}: lat: write both lat and lon, or neither")
    if len(faults) > before:
        return None
    return Place(name, kind, row.get("parent") or None, aliases, row.get("constituency") or None, lat, lon)


def _degrees(text: str, key: str, where: str, faults: list[str]) -> float | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not -_BOUNDS[key] <= found <= _BOUNDS[key]:
        faults.append(f"{where}: {key}: {text!r} is no number of degrees; such as 4.934 or -1.7137")
        return None
    return found
