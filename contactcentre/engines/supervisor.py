"""``bin/serve``: starts the engines and every process of the product, keeps them running, and ends them all.

Single-threaded on purpose: the tie that ends a child with its parent belongs to the thread that started it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence

from config import settings as configuration
from contactcentre.engines import addresses, plan, ports, process
from contactcentre.engines.errors import EngineError
from contactcentre.engines.instance import Instance, make_secret_key
from contactcentre.engines.kept import PYTHON, Kept, engine, how_it_ended, program, stop_all
from contactcentre.engines.options import Options, parse
from contactcentre.engines.plan import Child
from contactcentre.engines.postgres import Postgres
from contactcentre.engines.server import Server
from contactcentre.engines.valkey import Valkey

POLL = 0.1
START_LIMIT = 60.0
TRIM_LOGS_EVERY = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A stop signal came while the product was still starting."""


class Supervisor:
    """One run of the product."""

    def __init__(self, options: Options, children: Sequence[Child], release: Sequence[str]) -> None:
        self._options = options
        self._children = [child for child in children if options.demo or not child.demo_only]
        self._release = release
        self._variables: dict[str, str] = {}
        self._ports: dict[str, int] = {}
        self._engines: list[Kept] = []
        self._programs: list[Kept] = []
        self._stopping = False

    def serve(self) -> None:
        """Start, keep running until a signal comes, stop. Raises :class:`EngineError` where it cannot start."""
        began = time.monotonic()
        os.umask(0o077)
        process.adopt_orphans()
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        self._check_address()
        instance = Instance(self._options.data)
        try:
            self._start(instance)
            self._announce(time.monotonic() - began)
            self._watch(instance)
        except Stopped:
            pass
        except EngineError:
            if not self._stopping:
                raise
        finally:
            self._stop()
            instance.close()

    def _on_signal(self, number: int, frame: object) -> None:
        self._stopping = True

    def _check_address(self) -> None:
        fault = ports.fault(self._options.host, self._options.port)
        if fault:
            raise EngineError(f"{self._options.host} port {self._options.port}: {fault}; give another --host or --port")

    def _start(self, instance: Instance) -> None:
        settings = configuration.load(instance.data)
        given = configuration.child_environment()
        self._ports = addresses.choose_ports(self._children, self._options)
        self._variables = addresses.variables(self._options, self._ports, settings=settings, given=given)
        if make_secret_key(settings):
            say(f"         a secret key was made in {settings.secrets_dir}")
        for server in (Postgres(instance.data / "postgres"), Valkey(instance.data / "valkey")):
            if server.variable not in self._variables:
                server.log = instance.log(server.name)
                self._start_engine(server)
        self._run_release()
        self._start_programs(instance)
        instance.announce(self._variables)

    def _start_engine(self, server: Server) -> None:
        began = time.monotonic()
        kept = engine(server)
        kept.start()
        self._engines.append(kept)
        self._await(kept)
        self._variables |= server.variables
        _step(began, f"{server.name} runs")

    def _run_release(self) -> None:
        """Run the step that migrates and applies the configuration; what it prints is shown."""
        began = time.monotonic()
        command = [*PYTHON, *self._release, *(["--demo"] if self._options.demo else [])]
        running = process.spawn(command, None, environment=self._environment())
        try:
            while running.poll() is None:
                self._pause_start()
        finally:
            process.end(running, signal.SIGTERM, patience=4)
        if running.returncode != 0:
            raise EngineError(f"the release step {how_it_ended(running.returncode)}; what it said stands above")
        _step(began, "database, configuration and secrets are up to date")

    def _start_programs(self, instance: Instance) -> None:
        began = time.monotonic()
        # They serve; the owner of the tables is the release step's alone.
        environment = self._environment() | {"DATABASE_MIGRATION_URL": ""}
        # Those that people wait for first: all at once would share two cores among six interpreters that start.
        for serves in (True, False):
            for child in (one for one in self._children if one.serves is serves):
                host, port = addresses.host_of(child, self._options), self._ports.get(child.name, 0)
                kept = program(child, instance.log(child.name), host=host, port=port, environment=environment)
                kept.start()
                self._programs.append(kept)
            for kept in self._programs:
                self._await(kept)
        _step(began, f"{', '.join(kept.name for kept in self._programs)} run")

    def _environment(self) -> dict[str, str]:
        return configuration.child_environment(PYTHONUNBUFFERED="1", **self._variables)

    def _await(self, kept: Kept) -> None:
        """Wait until a process does its work. One that ends before is a fault to be mended, not to be tried again."""
        until = time.monotonic() + START_LIMIT
        while not kept.is_ready:
            self._pause_start()
            if not kept.alive or time.monotonic() > until:
                fault = "did not get ready" if kept.alive else "ended at once"
                raise EngineError("\n".join([f"{kept.name} {fault}", *kept.last_words()]))

    def _pause_start(self) -> None:
        if self._stopping:
            raise Stopped
        time.sleep(POLL / 5)

    def _announce(self, seconds: float) -> None:
        for line in pages(self._variables["CONTACTCENTRE_BASE_URL"], demo=self._options.demo):
            say(line)
        say(f"started in {seconds:.1f} s; Ctrl-C stops everything")
        say(f"ready {ports.url(self._options.host, self._options.port)}")

    def _watch(self, instance: Instance) -> None:
        """Keep everything running until a stop signal comes."""
        trim_at = time.monotonic() + TRIM_LOGS_EVERY
        while not self._stopping:
            everything = [*self._engines, *self._programs]
            for kept in everything:
                for line in kept.look():
                    say(line)
            process.reap_strangers(_ids(everything))
            if time.monotonic() > trim_at:
                instance.trim_logs()
                trim_at = time.monotonic() + TRIM_LOGS_EVERY
            time.sleep(POLL)

    def _stop(self) -> None:
        """End the programs, then what they left, then the engines: Valkey before PostgreSQL, which holds the truth."""
        began = time.monotonic()
        killed = stop_all(self._programs)
        process.reap_strangers(_ids(self._engines), kill=True)
        for kept in reversed(self._engines):
            killed += stop_all([kept])
        process.reap_strangers(set(), kill=True)
        detail = f"; {', '.join(killed)} had to be killed" if killed else ""
        say(f"stopped in {time.monotonic() - began:.1f} s{detail}")


def pages(base: str, *, demo: bool) -> list[str]:
    """Return the lines that tell a person where to look."""
    found = {"agents": "/desk", "API": "/api/docs"}
    if demo:
        found["simulator"] = "/simulator"
    return [f"  {name + ':':<16}{base.rstrip('/')}{path}" for name, path in found.items()]


def say(line: str) -> None:
    """Print a line at once; a reader that has gone is no reason to stop serving."""
    try:
        print(line, flush=True)
    except OSError:
        return


def _step(began: float, text: str) -> None:
    say(f"{time.monotonic() - began:6.2f} s  {text}")


def _ids(kept: Sequence[Kept]) -> set[int]:
    return {one.running.pid for one in kept if one.running is not None}


def main(
    arguments: Sequence[str], *, children: Sequence[Child] = plan.CHILDREN, release: Sequence[str] = plan.RELEASE
) -> int:
    """Serve until a signal comes; returns the exit code."""
    try:
        Supervisor(parse(arguments), children, release).serve()
    except (EngineError, configuration.SettingsError) as error:
        print(f"serve: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
