"""Two roles: the owner changes tables, the serving role works with their rows and cannot rewrite history."""

from __future__ import annotations

from sqlalchemy import URL, Connection, text

#: what the serving role may do with a table, unless it stands in ``NARROW``
USUAL = "select, insert, update, delete"
#: history and the log of reads only grow; a detail may be forgotten; the schema's version is the owner's
NARROW = {
    "event": "select, insert",
    "seal": "select, insert",
    "event_detail": "select, insert, delete",
    "read_log": "select, insert",
    "alembic_version": "select",
}
EVERY = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
_REWRITES = ("update", "delete", "truncate")

_EXISTS = text("select exists (select 1 from pg_roles where rolname = :role)")
_TABLES = text("select tablename from pg_tables where schemaname = current_schema() order by tablename")


def grant(connection: Connection, serving: URL) -> None:
    """Give the serving role what it needs and take away what it must not have; made first where it needs no password.

    Raises ``LookupError`` where it has to be made by hand.
    """
    assert serving.username
    role, schema = _quoted(connection, serving.username), _quoted(connection, _schema(connection))
    if not connection.execute(_EXISTS, {"role": serving.username}).scalar_one():
        _make(connection, serving, role)
    statements = [f"grant usage on schema {schema} to {role}"]
    for name in connection.execute(_TABLES).scalars().all():
        allowed, table = NARROW.get(name, USUAL), _quoted(connection, name)
        denied = ", ".join(one for one in EVERY if one not in allowed.split(", "))
        statements.append(f"grant {allowed} on {table} to {role}")
        statements.append(f"revoke {denied} on {table} from {role}")
    statements.append(f"grant usage, select on all sequences in schema {schema} to {role}")
    for statement in statements:
        connection.exec_driver_sql(statement)


def can_rewrite(connection: Connection) -> bool:
    """Tell whether this connection's role could change or remove history that is written."""
    asked = [
        f"has_table_privilege('{table}', '{what}')" for table in ("event", "seal", "read_log") for what in _REWRITES
    ]
    return bool(connection.execute(text(f"select {' or '.join(asked)}")).scalar_one())


def _make(connection: Connection, serving: URL, role: str) -> None:
    if serving.password:
        raise LookupError(
            f"the database has no role {serving.username}, which DATABASE_URL names: as an administrator of the "
            f"server, run: create role {role} login password '...'"
        )
    connection.exec_driver_sql(f"create role {role} login")


def _schema(connection: Connection) -> str:
    return str(connection.execute(text("select current_schema()")).scalar_one())


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
