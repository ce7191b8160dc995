"""What PostgreSQL and Valkey have in common: a folder of their own, a lock, a socket, start and stop."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path

from config.settings import child_environment
from contactcentre.engines import process
from contactcentre.engines.errors import EngineError

#: sun_path holds 108 bytes; PostgreSQL's client library and others want some of them for themselves
SOCKET_PATH_LIMIT = 100


class Server(ABC):
    """One engine. The supervisor uses ``prepare``, ``command`` and ``ready``; tests use ``start`` and ``stop``."""

    name: str
    #: the environment variable that replaces the embedded engine
    variable: str
    socket_name: str
    stop_signal = signal.SIGTERM
    #: what the engine gets when its parent dies
    death_signal = signal.SIGKILL

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        """Use the folder ``data``, which belongs to this engine alone; ``durable=False`` is for tests."""
        self.data = data.absolute()
        self.durable = durable
        self.log = self.data / f"{self.name}.log"
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for the environment variable of this engine."""

    @property
    def variables(self) -> dict[str, str]:
        """What the product's processes are told of this engine."""
        return {self.variable: self.url}

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground; :meth:`prepare` came first."""

    @abstractmethod
    def ready(self, pid: int) -> bool:
        """Tell whether the server with this process id answers."""

    def prepare(self) -> None:
        """Make the folder fit for a start, after a crash too. Raises :class:`EngineError` saying what to do."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._hold()

    def environment(self) -> dict[str, str]:
        """Return the server's environment: one language and zone on every host, whatever the shell has set."""
        kept = {k: v for k, v in child_environment().items() if not k.startswith(("PG", "LC_", "LANG"))}
        return {**kept, "LC_ALL": "C", "TZ": "UTC"}

    def start(self, *, seconds: float = 30) -> None:
        """Prepare, start and wait until it answers; from a thread that outlives the server."""
        self.prepare()
        running = process.spawn(
            self.command(),
            self.log,
            environment=self.environment(),
            death_signal=self.death_signal,
            folder=Path("/"),
        )
        self._process = running
        if not process.wait_until(lambda: running.poll() is not None or self.ready(running.pid), seconds=seconds) or (
            running.poll() is not None
        ):
            self.stop()
            raise EngineError(f"{self.name} does not start: {' / '.join(process.last_lines(self.log, 3))}")

    def stop(self) -> None:
        """End the server, if this object started it, and give its folder free."""
        if self._process is not None:
            process.end(self._process, self.stop_signal, patience=5)
            self._process = None
        self.release()

    def release(self) -> None:
        """Give the folder free for another process."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def socket_folder(self) -> Path:
        """Return the socket's folder, made with mode 0700: beside the data, or a short one where that path is long."""
        own = self.data.resolve() / "socket"
        if len(os.fsencode(own / self.socket_name)) < SOCKET_PATH_LIMIT:
            own.mkdir(mode=0o700, exist_ok=True)
            return own
        identity = own.parent.stat()
        name = f"contactcentre-{os.geteuid()}-{identity.st_dev:x}-{identity.st_ino:x}"
        return private_folder(Path(tempfile.gettempdir()) / name)

    def _hold(self) -> None:
        """Lock the folder for as long as this process lives, so that two servers never share it."""
        if self._lock is not None:
            return
        lock = os.open(self.data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise EngineError(f"{self.data}: in use by another process; stop that one or take another folder") from None
        self._lock = lock


def private_folder(folder: Path) -> Path:
    """Make ``folder`` with mode 0700 in a place where others may write, refusing one that somebody else made first."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if found.st_uid != os.geteuid() or folder.is_symlink() or found.st_mode & 0o077:
            raise EngineError(f"{folder}: is not a private folder of this user; remove it") from None
    return folder
