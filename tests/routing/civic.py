"""Reports of an American city through the rules of the example city: which department they should have come to."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

from cases.routing.facts import Facts
from cases.routing.rules import route
from tests.routing.shared import ELMHAVEN, city, shared

TRAY = "(tray)"
Table = Counter[tuple[str, str]]


def tables() -> dict[str, Table]:
    """Return how often a report of one group came to another, for the half that the rules were written after and for
    the half that nobody had looked at.
    """
    elmhaven = city(ELMHAVEN)
    with shared("civic/new_haven_reports.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["department_group"]]
    rows.sort(key=lambda row: row["created_at"])
    half = len(rows) // 2
    found: dict[str, Table] = {"looked at": Counter(), "not looked at": Counter()}
    for number, row in enumerate(rows):
        decision = route(Facts("sms", "sms-city", row["text"]), elmhaven.rules, elmhaven.known)
        name = elmhaven.departments[decision.department].name if decision.department else TRAY
        found["looked at" if number < half else "not looked at"][row["department_group"], _group(name)] += 1
    return found


def shares(table: Table) -> dict[str, float]:
    """Return the shares of a table that are right, wrong, and in the tray."""
    total = sum(table.values())
    right = sum(count for (truth, came), count in table.items() if truth == came)
    tray = sum(count for (_, came), count in table.items() if came == TRAY)
    return {"right": right / total, "wrong": (total - right - tray) / total, "tray": tray / total}


def lines(table: Table) -> Sequence[str]:
    """Return the table in text: a line for each group, a column for where its reports came to."""
    groups = sorted({truth for truth, _ in table})
    columns = [*groups, TRAY]
    wide = max(map(len, groups))
    head = " " * wide + "".join(f"{number:>6}" for number, _ in enumerate(groups, 1)) + "  tray"
    found = [head]
    for number, truth in enumerate(groups, 1):
        cells = "".join(f"{table[truth, came]:>6}" for came in columns)
        found.append(f"{truth.ljust(wide)}{cells}   ({number})")
    told = ", ".join(f"{word} {share:.1%}" for word, share in shares(table).items())
    return [*found, told]


def _group(name: str) -> str:
    """Return a department's name as the data has it: only its first word is a capital."""
    return name if name == TRAY else name.capitalize()
