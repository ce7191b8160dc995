"""How many rows of a table the statements of a piece of code go through, by the plans that run, on tables with many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from cases.base import Base

Noted = list[tuple[str, Any]]


def many(session: Session, model: type[Base], count: int, *, like: int, **changed: str) -> None:
    """Add rows like the one with the id ``like``; ``changed`` are columns as SQL, in which ``n`` counts from 1."""
    name = model.__tablename__
    pairs = ", ".join(f"'{column}', {sql}" for column, sql in changed.items())
    row = f"(jsonb_populate_record(t, jsonb_build_object({pairs}))).*"
    session.execute(
        text(f"insert into {name} select {row} from {name} t, generate_series(1, :count) n where t.id = :like"),
        {"count": count, "like": like},
    )


@contextmanager
def noted(engine: Engine) -> Iterator[Noted]:
    """Note the statements that a block runs."""
    found: Noted = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        found.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def most_read(engine: Engine, work: Callable[[], object]) -> dict[str, int]:
    """Return of each table the most rows that one statement of this work goes through, as it would in a large one."""
    with noted(engine) as statements:
        work()
    most: dict[str, int] = {}
    with engine.connect() as connection:
        for way in ("seqscan", "hashjoin", "mergejoin"):  # which small tables make cheap
            connection.execute(text(f"set local enable_{way} = off"))
        for statement, values in statements:
            if statement.lstrip().lower().startswith(("select", "with")):
                for table, rows in _rows(connection, statement, values):
                    most[table] = max(rows, most.get(table, 0))
    return most


def _rows(connection: Connection, statement: str, values: Any) -> Iterator[tuple[str, int]]:
    asked = f"explain (analyze, timing off, format json) {statement}"
    (plan,) = connection.exec_driver_sql(asked, values).one()
    waiting = [plan[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", ())
        passed = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
        if "Relation Name" in node:
            yield node["Relation Name"], round((node["Actual Rows"] + passed) * node["Actual Loops"])
