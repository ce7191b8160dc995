"""Several small reads in one round trip: the database gives each as a list, and values come back as what they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Select, inspect, literal_column, select
from sqlalchemy.orm import Session

from cases.base import Base

#: the rows of each read by its name; a row has its columns as attributes
Found = Mapping[str, list[Any]]
#: reads by their name
Part = Select[*tuple[Any, ...]]
Parts = Mapping[str, Part]
_BACK: Mapping[type, Callable[[str], object]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
}


def read(session: Session, parts: Parts, values: Mapping[str, object] | None = None) -> Found:
    """Run all parts as one statement; ``values`` are their named parameters. Bytes cannot be read so."""
    if not parts:
        return {}
    columns = [_listed(name, part).label(name) for name, part in parts.items()]
    found = session.execute(select(*columns), dict(values or {})).one()
    return {name: _rows(part, lines) for (name, part), lines in zip(parts.items(), found, strict=True)}


def columns_of(model: type[Base]) -> list[ColumnElement[Any]]:
    """Return a model's columns under the names of its attributes, for a part that reads whole rows."""
    return [getattr(model, one.key).label(one.key) for one in inspect(model).column_attrs]


def _listed(name: str, part: Part) -> Any:
    # Written out, since a subquery whose columns are asked for costs more to put together here than to run there.
    columns = ", ".join(f'"{name}"."{key}"' for key in part.selected_columns.keys())  # noqa: SIM118  no mapping
    # json_agg keeps the order in which the inner select hands its rows out.
    lines: Any = literal_column(f"coalesce(json_agg(json_build_array({columns})), '[]'::json)")
    return select(lines).select_from(part.subquery(name)).scalar_subquery()


def _rows(part: Part, lines: list[list[Any]]) -> list[Any]:
    if not lines:
        return []
    columns = part.selected_columns
    names = [str(column.key) for column in columns]
    back = [(at, _BACK[kind]) for at, column in enumerate(columns) if (kind := _kind(column)) in _BACK]
    for line in lines:
        for at, read_back in back:
            if line[at] is not None:
                line[at] = read_back(line[at])
    return [SimpleNamespace(**dict(zip(names, line, strict=True))) for line in lines]


def _kind(column: ColumnElement[Any]) -> type:
    try:
        return column.type.python_type
    except NotImplementedError:
        return object
