"""Several small reads in one round trip: the database gives each as a list, and values come back as what they were.

Putting a page's statement together costs more than running it. So a part whose shape follows from few values is put
together once (:func:`kept`) and then read as the text it became; what differs from page to page is a named parameter.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    bindparam,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import Session

from cases.base import Base

#: the rows of each read by its name; a row has its columns as attributes
Found = Mapping[str, list[Any]]
#: reads by their name
Part = Select[*tuple[Any, ...]]
#: this instant, as a value or as the parameter ``now``
Instant = datetime | ColumnElement[Any]
#: a number of a row, as a value or as a parameter
Number = int | ColumnElement[Any]
NOW: BindParameter[datetime] = bindparam("now", None, type_=DateTime(timezone=True))
#: how many shapes are remembered; each takes some kilobytes, and equal texts are held once
MOST_KEPT = 2048
_DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call]
_PARAMETER = re.compile(r"%\(([^)]+)\)s")
_BACK: Mapping[type, Callable[[str], object]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A part as text. ``values`` are its own parameters; ``names`` and ``back`` say how its lines become rows."""

    sql: str
    values: Mapping[str, object]
    names: tuple[str, ...]
    back: tuple[tuple[int, Callable[[str], object]], ...]


Parts = Mapping[str, Part | Kept]


def first(rows: int) -> ColumnElement[int]:
    """Return a limit as the database must see it to plan a statement once and keep the plan.

    Of a limit that is a parameter it expects a tenth of all rows, and then plans anew at every read.
    """
    return literal_column(str(rows), Integer())


def number(name: str) -> BindParameter[int]:
    """Return a named parameter for the number of a row."""
    return bindparam(name, None, type_=BigInteger())


@lru_cache(maxsize=MOST_KEPT)
def kept(build: Callable[..., Parts], *of: Hashable) -> Mapping[str, Kept]:
    """Return the parts that ``build`` makes of these values, put together at the first call.

    ``build`` may depend on nothing else: not on the time, the configuration or the database.
    """
    return {name: put_together(name, part) for name, part in build(*of).items()}


def put_together(name: str, part: Part | Kept) -> Kept:
    """Return a part as text. Parameters made for a value are named after it; the others get theirs at the read."""
    if isinstance(part, Kept):
        return part
    compiled = _listed(name, part).compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    written: Mapping[str, str] = compiled.escaped_bind_names or {}
    own = {
        written.get(key, key): value
        for key, value in compiled.params.items()
        if key not in compiled.binds or _own(compiled, key)
    }
    sql = _PARAMETER.sub(lambda found: f"%({name}__{found[1]})s" if found[1] in own else found[0], str(compiled))
    columns = part.selected_columns
    back = tuple((at, _BACK[kind]) for at, column in enumerate(columns) if (kind := _kind(column)) in _BACK)
    values = {f"{name}__{key}": value for key, value in own.items()}
    return Kept(sys.intern(sql), values, tuple(str(column.key) for column in columns), back)


def read(session: Session, parts: Parts, values: Mapping[str, object] | None = None) -> Found:
    """Run all parts as one statement; ``values`` are their named parameters. Bytes cannot be read so."""
    if not parts:
        return {}
    if session.autoflush:
        session.flush()  # as for any other read: what was just changed is seen
    texts = {name: put_together(name, part) for name, part in parts.items()}
    sql = ", ".join(f'({one.sql}) as "{name}"' for name, one in texts.items())
    given = {name: value for one in texts.values() for name, value in one.values.items()}
    found = session.connection().exec_driver_sql(f"select {sql}", {**given, **(values or {})}).one()
    return {name: _rows(one, lines) for (name, one), lines in zip(texts.items(), found, strict=True)}


def columns_of(model: type[Base]) -> list[ColumnElement[Any]]:
    """Return a model's columns under the names of its attributes, for a part that reads whole rows."""
    return [getattr(model, one.key).label(one.key) for one in inspect(model).column_attrs]


def _listed(name: str, part: Part) -> Part:
    # Written out, since a subquery whose columns are asked for costs more to put together here than to run there.
    columns = ", ".join(f'"{name}"."{key}"' for key in part.selected_columns.keys())  # noqa: SIM118  no mapping
    # json_agg keeps the order in which the inner select hands its rows out.
    lines: Any = literal_column(f"coalesce(json_agg(json_build_array({columns})), '[]'::json)")
    return select(lines).select_from(part.subquery(name))


def _own(compiled: Any, key: str) -> bool:
    """Tell whether a parameter was made for a value; ``NOW`` and its like stand for one that is still to come."""
    return compiled.binds[key].unique or compiled.binds[key].value is not None


def _rows(part: Kept, lines: list[list[Any]]) -> list[Any]:
    for line in lines:
        for at, read_back in part.back:
            if line[at] is not None:
                line[at] = read_back(line[at])
    return [SimpleNamespace(**dict(zip(part.names, line, strict=True))) for line in lines]


def _kind(column: ColumnElement[Any]) -> type:
    try:
        return column.type.python_type
    except NotImplementedError:
        return object
