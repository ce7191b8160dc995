"""Rows of many tables, gathered and written in one statement: a round trip costs more than the rows it carries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any, cast

import psycopg
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.errors import Changed

Row = Mapping[str, Any]
#: a table, the columns that are given, and how many rows
Shape = tuple[str, tuple[str, ...], int]


class Writes:
    """What one transaction is about to insert, and at most one case that it moves on.

    Nothing is written before :meth:`flush`; rows of tables may refer to one another in any order.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
        self._case: Row | None = None

    def add(self, table: Table, *rows: Row) -> None:
        """Gather rows; a column that a row leaves out gets the table's default, or null."""
        for row in rows:
            self._rows.setdefault((table.name, tuple(row)), []).append(row)

    def move_case(self, row: Row) -> None:
        """Gather the change of a case that was read without a lock: ``version`` is the one that was read."""
        assert self._case is None, "one message moves one case"
        self._case = row

    def flush(self, session: Session) -> None:
        """Write what was gathered; raises :class:`Changed` where somebody else moved the case meanwhile."""
        if not self._rows and self._case is None:
            return
        shapes = tuple((name, columns, len(rows)) for (name, columns), rows in self._rows.items())
        values = [_plain(value) for rows in self._rows.values() for row in rows for value in row.values()]
        if self._case is not None:
            values += [_plain(self._case[name]) for name in (*_MOVED, "case_id", "version")]
        statement = _statement(shapes, moves_case=self._case is not None)
        moved = ask(session, statement, values)
        self._rows, self._case = {}, None
        if not moved[0]:
            raise Changed("somebody changed the case while a message was being filed in it")


#: what a message that joins a case changes of it
_MOVED = (
    "last_speaker", "last_message_id", "last_message_at", "event_seq", "event_head", "updated_at"
)  # fmt: skip


def ask(session: Session, statement: bytes, values: Sequence[Any]) -> tuple[Any, ...]:
    """Run a statement with numbered parameters within the session's transaction; returns its only row."""
    # The driver's own cursor takes numbered parameters as PostgreSQL does. Every other way rewrites the whole text,
    # its two hundred placeholders one by one, at each execution.
    connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    try:
        with psycopg.RawCursor(connection) as cursor:
            row: tuple[Any, ...] | None = cursor.execute(statement, values).fetchone()
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == _NEXT_EVENT:
            raise Changed("somebody wrote into the history of the case while a message was being filed in it") from None
        raise DBAPIError.instance(_WORDS, None, error, psycopg.Error) from error
    except psycopg.Error as error:
        gone = bool(connection.closed)
        raise DBAPIError.instance(_WORDS, None, error, psycopg.Error, connection_invalidated=gone) from error
    assert row is not None, "every such statement gives a row"
    return row


#: two who saw a case alike, and of whom neither held its lock, write the same next line of its history
_NEXT_EVENT = "uq_event_case_id_seq"
#: stands in errors for the statement, whose values are people's words
_WORDS = "(gathered rows)"


@cache
def _statement(shapes: Sequence[Shape], *, moves_case: bool) -> bytes:
    # One text for each shape, of which there are few: PostgreSQL keeps its plan.
    numbers = count(1)
    parts = [f"w{number} as ({_insert(*shape, numbers)})" for number, shape in enumerate(shapes)]
    if moves_case:
        changes = ", ".join(f"{name} = ${next(numbers)}" for name in _MOVED)
        which = f"id = ${next(numbers)} and version = ${next(numbers)}"
        # The citizen has written: a case that was put aside until an instant is there again.
        changes += ", version = version + 1, snoozed_until = null"
        parts.append(f"moved as (update case_file set {changes} where {which} returning 1)")
    told = "exists (select 1 from moved)" if moves_case else "true"
    return f"with {', '.join(parts)} select {told}".encode()


def _insert(table: str, columns: tuple[str, ...], rows: int, numbers: Iterator[int]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    every = [f"({', '.join(f'${next(numbers)}' for _ in columns)})" for _ in range(rows)]
    return f'insert into "{table}" ({names}) values {", ".join(every)}'


def _plain(value: Any) -> str | None:
    """Return a value as text that PostgreSQL reads by its column's type: one plan serves whatever the values are."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return json.dumps(value, ensure_ascii=False)
