"""Empties the tables after a test, as quickly as it can be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: Past the triggers that keep history. Truncating some eighty tables with their indexes takes a third of a second.
_EMPTY = """
do $$
declare
  one text;
  filled boolean;
begin
  perform set_config('session_replication_role', 'replica', true);
  foreach one in array array[{tables}] loop
    execute format('select exists (select from %%I)', one) into filled;
    if filled then execute format('delete from %%I', one); end if;
  end loop;
  perform setval(seqrelid::regclass, seqstart, false) from pg_sequence
    join pg_depend on objid = seqrelid and deptype in ('a', 'i')
    where pg_sequence_last_value(seqrelid) is not null;
end $$
"""


def empty(engine: Engine, tables: Iterable[str]) -> None:
    """Delete all rows of these tables, and let every number begin anew."""
    names = ", ".join(f"'{name}'" for name in tables)
    with engine.begin() as connection:
        connection.exec_driver_sql(_EMPTY.format(tables=names))
