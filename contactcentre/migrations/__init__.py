"""Schema migrations: Alembic, under a lock, so that any number of starting processes may ask for them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from contactcentre.migrations import roles

if TYPE_CHECKING:
    from alembic.config import Config

#: one number that all processes of this product lock while they migrate
LOCK = 5_021_936_001
ATTEMPTS = 10
ASK_EVERY = 0.2
_TRY = text("select pg_try_advisory_lock(:lock)")


def configuration(url: str) -> Config:
    """Return Alembic's configuration; there is no alembic.ini, since the address comes from the settings."""
    from alembic.config import Config  # heavy, and only needed here

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config


def upgrade(url: str, *, serving_url: str | None = None) -> None:
    """Bring the schema to this release, then grant what the role of ``serving_url`` needs where it is another one.

    A table that is busy is waited for two seconds at a time, ten times.
    """
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # Asked again and again: who waits inside a statement would keep an index from being made concurrently.
        while not connection.execute(_TRY, {"lock": LOCK}).scalar_one():
            time.sleep(ASK_EVERY)
        try:
            _migrate(url)
            if serving_url is not None:
                _grant(connection, url, serving_url)
        finally:
            connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})


def _migrate(url: str) -> None:
    from alembic import command

    for attempt in range(1, ATTEMPTS + 1):
        try:
            command.upgrade(configuration(url), "head")
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03" or attempt == ATTEMPTS:
                raise
            time.sleep(1)


def _grant(connection: Connection, url: str, serving_url: str) -> None:
    serving = make_url(serving_url)
    if serving.username and serving.username != make_url(url).username:
        roles.grant(connection, serving)
