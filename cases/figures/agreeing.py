"""Whether what is kept of weeks, of eight weeks and of lengths agrees with the days and the facts it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.figures.classes import BOUNDS
from cases.figures.differences import Difference
from cases.figures.lengths import CLASS, TABLES, TOGETHER, under_every
from cases.figures.runs import EVERY
from cases.figures.storing import NIGHTLY

_SUMS = {"figure_run": ("figure_sum", "part, department, service, channel"),
         "figure_area_run": ("figure_area", "part, department, area")}  # fmt: skip
_VALUES = "count, wall, business, walls, businesses"
_ADDED = ", ".join(f"sum({one}) as {one}" for one in _VALUES.split(", "))
#: of the runs whose last day is in the period
_RUN = "day - (day - date '0001-01-01') % r.days"
_OF_RUNS = (
    "cross join (values (1), (7), (56)) as r(days) {more} where day between cast(:since as date) - 55 and :until "
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
    under, more, which = (place, "", "r.days <> 1")
    if "service" in place:
        under, more, which = under_every(place), TOGETHER, f"(r.days <> 1 or service_ = '{EVERY}')"
    heads = f"r.days, {_RUN} as day, measure, {_named(place, under)}, confidential, sum(count) as count"
    days = f"select {heads} from {made} {_OF_RUNS.format(more=more)} and measure <> all(:nightly) and {which}"
    key = f"days, day, measure, {place}, confidential"
    left = f"select {key}, count from {kept} where {_KEPT}"
    return _compared(key, left, f"{days} group by 1, 2, measure, {under}, confidential", "count")


def _lengths(kept: str, place: str) -> Any:
    under, more = (under_every(place), TOGETHER) if "service" in place else (place, "")
    heads = f"measure, {_named(place, under)}, confidential"
    classes = f"{CLASS % 'wall'} as walls, {CLASS % 'business'} as businesses"
    facts = f"select day, {heads}, 1 as count, wall, business, {classes} from figure_fact {more} where {_WITHIN}"
    named = f"measure, {place}, confidential"
    of_days = f"select 1 as days, day, {named}, {_ADDED} from ({facts}) f group by day, {named}"
    runs = f"{_OF_RUNS.format(more='')} and l.days = 1 and r.days <> 1"
    of_runs = f"select r.days, {_RUN}, {named}, {_ADDED} from {kept} l {runs} group by 1, 2, {named}"
    key = f"days, day, {named}"
    left = f"select {key}, {_VALUES} from {kept} where {_KEPT}"
    return _compared(key, left, f"{of_days} union all {of_runs}", _VALUES)


def _named(place: str, under: str) -> str:
    return ", ".join(f"{one} as {name}" for one, name in zip(under.split(", "), place.split(", "), strict=True))


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
