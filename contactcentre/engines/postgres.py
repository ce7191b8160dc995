"""The embedded PostgreSQL: only its programs come from a package; data, settings and life are ours."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from contactcentre.engines import postgres_binaries, postgres_user, process
from contactcentre.engines.errors import EngineError
from contactcentre.engines.server import Server

DATABASE = "contactcentre"
#: who owns the tables and migrates them; and who serves, and cannot rewrite history
OWNER, SERVING = "postgres", "contactcentre_app"
PORT = 5432  # names the socket file; no TCP port is opened

_SETTINGS = {
    "max_wal_size": "1GB",
    "wal_compression": "on",  # lz4 is not in the wheel and would keep the server from starting
    "jit": "off",
    "autovacuum_max_workers": "2",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The level `log` leaves errors of statements out: they quote people's words and numbers. The application
    # logs its own errors without these.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}
_FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """A PostgreSQL server on a socket in a private folder; whoever may enter the folder is trusted."""

    name = "postgres"
    variable = "DATABASE_URL"
    socket_name = f".s.PGSQL.{PORT}"
    stop_signal = signal.SIGINT  # fast stop: ends connections, writes a checkpoint
    death_signal = signal.SIGINT

    def __init__(
        self,
        data: Path,
        *,
        durable: bool = True,
        max_connections: int = 100,
        shared_buffers: str = "64MB",
        binaries: postgres_binaries.Binaries | None = None,
    ) -> None:
        """Use the folder ``data``; ``binaries`` chooses an installation instead of the best one found."""
        super().__init__(data, durable=durable)
        self._max_connections = max_connections
        self._shared_buffers = shared_buffers
        self._given = binaries
        self._binaries: postgres_binaries.Binaries | None = None
        self._run_as = postgres_user.RunAs()

    @property
    def cluster(self) -> Path:
        """The data directory in PostgreSQL's sense."""
        return self.data.resolve() / "cluster"

    @property
    def url(self) -> str:
        """Address of the product's database as its owner, for SQLAlchemy with psycopg."""
        return self._url_of(OWNER)

    @property
    def variables(self) -> dict[str, str]:
        """Two addresses: the processes get the serving role's, the release step the owner's as well."""
        return {self.variable: self._url_of(SERVING), "DATABASE_MIGRATION_URL": self.url}

    @property
    def binaries(self) -> postgres_binaries.Binaries:
        """The programs in use, such as pg_dump; known after :meth:`prepare`."""
        if self._binaries is None:
            raise EngineError("postgres: prepare() was not called")
        return self._binaries

    def prepare(self) -> None:
        """Choose programs and user, end what a crash left over, make the cluster on the first start."""
        self._run_as = postgres_user.choose(self.data)
        if self._run_as.owner is not None and not self.data.exists():
            self._place_outside_private_folders()
        super().prepare()
        version = self.cluster / "PG_VERSION"
        self._binaries = self._given or postgres_binaries.find(int(version.read_text()) if version.exists() else None)
        self._check_programs_run()
        self._end_leftovers()
        self._give_to_owner(self.data.resolve(), self.socket_folder())
        if not version.exists():
            self._make_cluster()

    def command(self) -> list[str]:
        """Return the postmaster's command line; all settings stand there, so none is left behind in a file."""
        settings = {**_SETTINGS, "max_connections": self._max_connections, "shared_buffers": self._shared_buffers}
        if self.binaries.version >= 18:
            settings["io_method"] = "sync"  # one pool of processes less
        if not self.durable:
            settings |= _FOR_TESTS
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        place = ["-D", str(self.cluster), "-k", str(self.socket_folder()), "-h", "", "-p", str(PORT)]
        return [*self._run_as.prefix, self.binaries.program("postgres"), *place, *options]

    def ready(self, pid: int) -> bool:
        """Read the postmaster's own word on it: line 1 of its file is its process id, line 8 its state."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _make_cluster(self) -> None:
        """Make cluster and database in a new folder, then move it into place: a kill in between harms nothing."""
        unfinished = self.cluster.with_name("cluster.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give_to_owner(unfinished)
        # The builtin order of 17 and newer is the same on every host; older ones take the system's.
        builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = builtin if self.binaries.version >= 17 else ["--locale=C.UTF-8"]
        sync = [] if self.durable else ["--no-sync"]
        made = ["-D", str(unfinished), "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--data-checksums"]
        self._run([self.binaries.program("initdb"), *made, *locale, *sync])
        # Single-user mode needs no client program, which not every installation has.
        single = [self.binaries.program("postgres"), "--single", "-D", str(unfinished), "-c", "log_checkpoints=off"]
        self._run([*single, "postgres"], text=f"create database {DATABASE}\ncreate role {SERVING} login\n")
        unfinished.rename(self.cluster)

    def _url_of(self, user: str) -> str:
        return f"postgresql+psycopg://{user}@/{DATABASE}?host={quote(str(self.socket_folder()), safe='/')}&port={PORT}"

    def _run(self, command: list[str], *, text: str = "") -> None:
        answer = subprocess.run(
            [*self._run_as.prefix, *command],
            input=text,
            capture_output=True,
            text=True,
            cwd="/",
            env=self.environment(),
            start_new_session=True,  # Ctrl-C is for us to answer
            timeout=120,
            check=False,
        )
        if answer.returncode != 0 or "ERROR" in answer.stderr:
            program = Path(command[0]).name
            raise EngineError(f"{program} failed: {' / '.join(answer.stderr.strip().splitlines()[-3:])}")

    def _place_outside_private_folders(self) -> None:
        """Keep the data where a user other than root can reach it, and leave a link in its usual place."""
        base = Path("/var/lib/contactcentre") if self.durable else Path(tempfile.gettempdir())
        base.mkdir(parents=True, exist_ok=True)
        base.chmod(base.stat().st_mode | 0o011)
        place = Path(tempfile.mkdtemp(prefix="data-", dir=base))
        self._give_to_owner(place)
        self.data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data.unlink(missing_ok=True)
        self.data.symlink_to(place)

    def _check_programs_run(self) -> None:
        """Copy the programs where the server's user cannot enter their folder."""
        if self._run_as.owner is None:
            return
        probe = [*self._run_as.prefix, self.binaries.program("postgres"), "--version"]
        if subprocess.run(probe, capture_output=True, cwd="/", check=False).returncode == 0:
            return
        self._binaries = postgres_binaries.copied_for_others(self.binaries, self.data.resolve().parent)

    def _give_to_owner(self, *folders: Path) -> None:
        if self._run_as.owner is not None:
            for folder in folders:
                os.chown(folder, *self._run_as.owner)

    def _end_leftovers(self) -> None:
        """End servers on this folder whose supervisor died: we hold the folder's lock, so they are nobody's.

        A busy backend outlives its postmaster and keeps the next one from starting; and the process id in a stale
        postmaster.pid may meanwhile belong to any program, which would keep it from starting too.
        """
        pid_file = self.cluster / "postmaster.pid"
        postmaster = pid_file.read_text().split("\n")[0] if pid_file.exists() else ""
        left = [str(pid) for pid in self._processes()]
        if postmaster in left:
            _signal(int(postmaster), signal.SIGINT)
            process.wait_until(lambda: not list(self._processes()), seconds=2)
        for pid in self._processes():
            _signal(pid, signal.SIGKILL)
        process.wait_until(lambda: not list(self._processes()), seconds=2)
        pid_file.unlink(missing_ok=True)

    def _processes(self) -> Iterator[int]:
        """Yield the running servers and backends of this cluster: every one of them works in its folder."""
        for entry in Path("/proc").iterdir():
            try:
                ours = entry.name.isdigit() and (entry / "comm").read_text().startswith("postgres")
                if ours and (entry / "cwd").readlink() == self.cluster:
                    yield int(entry.name)
            except OSError:
                continue  # ended meanwhile, or another user's


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
