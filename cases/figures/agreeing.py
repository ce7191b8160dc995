"""Whether what is kept of weeks, of eight weeks and of lengths agrees with the days and the facts it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.figures.classes import BOUNDS
from cases.figures.differences import Difference
from cases.figures.lengths import CLASS, TABLES
from cases.figures.storing import NIGHTLY

_SUMS = {"figure_run": ("figure_sum", "part, department, service, channel"),
         "figure_area_run": ("figure_area", "part, department, area")}  # fmt: skip
_VALUES = "count, wall, business, walls, businesses"
_ADDED = ", ".join(f"sum({one}) as {one}" for one in _VALUES.split(", "))
#: of the runs whose last day is in the period
_RUN = "day - (day - date '0001-01-01') % r.days"
_OF_RUNS = (
    "cross join (values (7), (56)) as r(days) where day between cast(:since as date) - 55 and :until "
    f"and {_RUN} + r.days - 1 between :since and :until"
)
_WITHIN = "day between :since and :until"
_KEPT = "day + days - 1 between :since and :until"


def _compared(key: str, kept: str, made: str, values: str) -> Any:
    """Return a statement that yields what differs: the key, and how many are kept and made."""
    differ = " or ".join(f"coalesce(k.{one}, 0) <> coalesce(m.{one}, 0)" for one in values.split(", "))
    return text(
        f"select {key}, k.count as kept, m.count as made from ({kept}) k full join ({made}) m using ({key}) "
        f"where {differ} order by {key}"
    )


def _runs(kept: str, made: str, place: str) -> Any:
    key = f"days, day, measure, {place}, confidential"
    left = f"select {key}, count from {kept} where {_KEPT}"
    of_days = (
        f"select r.days, {_RUN} as day, measure, {place}, confidential, sum(count) as count from {made} {_OF_RUNS}"
    )
    return _compared(
        key, left, f"{of_days} and measure <> all(:nightly) group by 1, 2, 3, {place}, confidential", "count"
    )


def _lengths(kept: str, place: str) -> Any:
    under = f"measure, {place}, confidential"
    key = f"days, day, {under}"
    classes = f"{CLASS % 'wall'} as walls, {CLASS % 'business'} as businesses"
    facts = f"select day, {under}, 1 as count, wall, business, {classes} from figure_fact where {_WITHIN}"
    of_days = f"select 1 as days, day, {under}, {_ADDED} from ({facts}) f"
    of_runs = f"select r.days, {_RUN}, {under}, {_ADDED} from {kept} l {_OF_RUNS} and l.days = 1 group by 1, 2, {under}"
    made = f"{of_days} group by day, {under} union all {of_runs}"
    return _compared(key, f"select {key}, {_VALUES} from {kept} where {_KEPT}", made, _VALUES)


_STATEMENTS = [
    *((kept, _runs(kept, made, place)) for kept, (made, place) in _SUMS.items()),
    *((kept, _lengths(kept, place)) for kept, place in TABLES.items()),
]


def differences(session: Session, since: date, until: date) -> Iterator[Difference]:
    """Yield what differs in the days from ``since`` to ``until`` and in the runs that end on one of them."""
    values: dict[str, Any] = {"since": since, "until": until, "nightly": list(NIGHTLY), "bounds": list(BOUNDS)}
    for table, statement in _STATEMENTS:
        asked = {name: value for name, value in values.items() if f":{name}" in statement.text}
        for row in session.execute(statement, asked).mappings():
            named = {key: str(value) for key, value in row.items() if key in ("days", "day", "department", "area")}
            yield Difference(f"{table} {row['measure']}", named, row["kept"], row["made"])
