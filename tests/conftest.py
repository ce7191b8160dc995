"""Real engines for every test that needs them: one throw-away server a run, one database a worker,
emptied after each test.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis import Redis

import contactcentre.db
from cases.base import Base
from config.settings import Settings, load
from contactcentre import conversations, jobs
from contactcentre.calling import turn
from contactcentre.db import Database
from contactcentre.engines.postgres import Postgres
from contactcentre.engines.valkey import Valkey
from contactcentre.migrations import upgrade
from tests.emptying import empty
from tests.factories import TEST_CITY, write_secrets

if TYPE_CHECKING:
    from contactcentre.container import Container

#: on a busy machine a slow example is no fault of the code
hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("house")


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this pytest-xdist worker, or ``main``."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session", autouse=True)
def _patience() -> Iterator[None]:
    """Let nothing fail because a machine that is busy with tests took its time. What a test says of a limit it sets."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jobs, "PATIENCE", 5.0)
        patched.setattr(
            contactcentre.db, "_CONNECTION_OPTIONS", "-c statement_timeout=60000 -c lock_timeout=30000 -c timezone=UTC"
        )
        patched.setattr(conversations, "DEADLINE", 60.0)
        patched.setattr(turn, "DEADLINE", 60.0)
        yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A migrated database of this worker's own server (or of ``TEST_DATABASE_URL``, to try another PostgreSQL)."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        upgrade(given)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="cc-pg-") as folder:
        server = Postgres(Path(folder) / "pg", durable=False)
        server.start()
        try:
            upgrade(server.url)
            yield server.url
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A throw-away queue server of this worker's own."""
    with tempfile.TemporaryDirectory(prefix="cc-vk-") as folder:
        server = Valkey(Path(folder) / "vk", durable=False)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


@pytest.fixture(scope="session")
def settings(postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a test installation with the test city."""
    data = tmp_path_factory.mktemp("data")
    write_secrets(data / "secrets")
    environ = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "CONTACTCENTRE_CONFIG": str(TEST_CITY),
        "CONTACTCENTRE_POOL_SIZE": "12",
    }
    return load(data, environ)


@pytest.fixture(scope="session")
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url, pool_size=settings.pool_size)
    yield database
    database.dispose()


@pytest.fixture
def db(_database: Database) -> Iterator[Database]:
    """An empty, migrated database."""
    yield _database
    empty(_database.engine, Base.metadata.tables)


@pytest.fixture
def container(settings: Settings, db: Database) -> Iterator[Container]:
    """A container on the test city, its configuration applied."""
    from contactcentre.container import Container
    from tests.configured import configure

    made = Container(settings)
    made.__dict__["db"] = db  # the pool of the run, so that a test does not open one of its own
    db.run(lambda uow: configure(uow, settings.config_dir))
    yield made
    with Redis.from_url(settings.redis_url) as queue:
        queue.flushdb()
