"""Alembic's entry: runs the migrations on a connection of their own, with a short lock time-out."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.pool import NullPool

import cases.models  # noqa: F401  registers the tables
from cases.base import Base
from cases.models.event import Xid8

# A type that SQLAlchemy does not know by itself.
ischema_names["xid8"] = Xid8
engine = create_engine(
    context.config.attributes["url"], poolclass=NullPool, connect_args={"options": "-c lock_timeout=2000"}
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
