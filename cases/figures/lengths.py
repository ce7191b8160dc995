"""Keeping how many things took how long, by classes of length, for each day, week and eight weeks.

See ``classes`` for the numbers that hold all classes at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.figures.classes import BOUNDS, DIGITS
from cases.figures.runs import EVERY
from cases.figures.storing import PLACE, columns

#: the table of lengths, and what a length stands under there beside run, measure and confidentiality
TABLES = {"figure_length": "department, service, channel", "figure_area_length": "department, area"}
#: the number that has one thing in the class of so many seconds
CLASS = f"cast('1' || repeat('0', {DIGITS} * width_bucket(%s, cast(:bounds as bigint[]))) as numeric)"
_FIRST = "day - (day - date '0001-01-01') % days"
_CHANGED = f"""
    select sign, day, measure, department, service, channel, area, confidential, wall, business,
           {CLASS % "wall"} as walls, {CLASS % "business"} as businesses
      from unnest(cast(:signs as int[]), cast(:days as date[]), cast(:measures as text[]),
                  cast(:departments as text[]), cast(:services as text[]), cast(:channels as text[]),
                  cast(:areas as text[]), cast(:confidential as boolean[]), cast(:walls as bigint[]),
                  cast(:businesses as bigint[]))
           as n(sign, day, measure, department, service, channel, area, confidential, wall, business)
"""
_SUMS = ", ".join(f"sum(sign * {one}) as {one}" for one in ("wall", "business", "walls", "businesses"))
#: each thing also under all services and channels together
TOGETHER = f"cross join lateral (values (service, channel), ('{EVERY}', '{EVERY}')) as p(service_, channel_)"
_VALUES = ("count", "wall", "business", "walls", "businesses")


def _change(table: str, place: str) -> str:
    key = f"days, day, measure, {place}, confidential"
    under, together = (under_every(place), TOGETHER) if "service" in place else (place, "")
    runs = f"changed cross join (values (1), (7), (56)) as r(days) {together}"
    return f"""
    insert into {table} as s ({key}, {", ".join(_VALUES)})
    select * from (select days, {_FIRST}, measure, {under}, confidential, sum(sign) as count, {_SUMS}
                     from {runs} group by 1, 2, 3, {under}, confidential
                  ) c where (count, wall, business, walls, businesses) <> (0, 0, 0, 0, 0)
    on conflict ({key}) do update set {", ".join(f"{one} = s.{one} + excluded.{one}" for one in _VALUES)}
    """


def under_every(place: str) -> str:
    """Return the columns of a place as :data:`TOGETHER` has them."""
    return place.replace("service", "service_").replace("channel", "channel_")


_CHANGE = text(
    f"with changed as materialized ({_CHANGED}), plain as ({_change('figure_length', TABLES['figure_length'])}) "
    f"{_change('figure_area_length', TABLES['figure_area_length'])}"
)


def change(session: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add things that took time, or take them away.

    Of each row: 1 or -1, day, measure, place, whether its case is confidential, seconds on the clock and of work.
    """
    if rows:
        names = ("signs", "days", "measures", *PLACE, "confidential", "walls", "businesses")
        session.execute(_CHANGE, {**columns(names, rows), "bounds": list(BOUNDS)})
