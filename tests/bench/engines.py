"""A folder of its own with engines, secrets and the test city, kept from run to run so that seeding is done once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings, load
from contactcentre import configurations
from contactcentre.container import Container
from contactcentre.engines import ports, process
from contactcentre.engines.postgres import Postgres
from contactcentre.engines.valkey import Valkey
from contactcentre.migrations import upgrade
from tests.factories import TEST_CITY, write_secrets

ROOT = Path(__file__).parents[2]
SEEDED = "seeded"


@dataclass(frozen=True)
class Site:
    """One installation on one data folder, its engines running. ``environ`` is what its processes get."""

    folder: Path
    settings: Settings
    container: Container
    environ: dict[str, str]
    database: Postgres
    queue: Valkey

    @property
    def cases(self) -> int:
        """How many cases were seeded."""
        mark = self.folder / SEEDED
        return int(mark.read_text()) if mark.exists() else 0

    @contextmanager
    def running(self, *command: str, name: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run one of the product's processes for a while; it ends with the block, whatever happens."""
        environ = {**os.environ, **self.environ, **more, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
        words = [sys.executable, "-m", "contactcentre.engines.child", *command]
        started = process.spawn(words, self.folder / f"{name}.log", environment=environ)
        try:
            yield started
        finally:
            process.end(started, signal.SIGTERM, patience=5)


@contextmanager
def site(folder: Path, *, fresh: bool = False, serving: bool = False, **more: str) -> Iterator[Site]:
    """Start the engines of a folder (an empty one first, if asked for) with a migrated, configured database.

    ``serving``: as in production, the processes are not the owner of the tables.
    """
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "secrets").exists():
        write_secrets(folder / "secrets")
    database = Postgres(folder / "postgres", shared_buffers="256MB")
    queue = Valkey(folder / "valkey")
    database.start()
    try:
        queue.start()
        url = database.variables["DATABASE_URL"] if serving else database.url
        upgrade(database.url, serving_url=url)
        environ = {
            "CONTACTCENTRE_DATA": str(folder),
            "DATABASE_URL": url,
            "REDIS_URL": queue.url,
            "CONTACTCENTRE_CONFIG": str(TEST_CITY),
            "CONTACTCENTRE_LOG_LEVEL": "WARNING",
            "CONTACTCENTRE_POOL_SIZE": "8",
            **more,
        }
        container = Container(load(folder, environ))
        apply(container)
        yield Site(folder, container.settings, container, environ, database, queue)
    finally:
        queue.stop()
        database.stop()


def apply(container: Container) -> None:
    """Make the test city the active configuration."""
    folder = container.settings.config_dir
    container.db.run(lambda uow: configurations.apply(uow.session, folder=folder, author="bench", reason="bench"))


@contextmanager
def web(site: Site, *, threads: int | None = None) -> Iterator[str]:
    """Run the web process as the product runs it, or with another number of threads; yields its address."""
    chosen = threads or site.settings.web_threads
    with serve(site, "contactcentre.wsgi:app", threads=chosen) as address:
        yield address


@contextmanager
def serve(site: Site, application: str, *, threads: int) -> Iterator[str]:
    """Run one WSGI application under the product's server; yields its address."""
    port = ports.free("127.0.0.1")
    own = {"CONTACTCENTRE_WEB_THREADS": str(threads)}
    words = ("granian", "--interface", "wsgi", application, "--blocking-threads", str(threads))
    address = ("--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning")
    with site.running(*words, *address, name="web", **own):
        if not process.wait_until(lambda: ports.answers("127.0.0.1", port, "/health/live"), seconds=30):
            raise RuntimeError(f"the web process does not answer; see {site.folder / 'web.log'}")
        yield f"127.0.0.1:{port}"
