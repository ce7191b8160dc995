"""The data folder of one running product: its lock, first secret, log files, and the note about where it runs."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from config.settings import INSTANCE_FILE, Settings, read_instance
from contactcentre.engines.errors import EngineError

LOG_LIMIT = 10 * 1024 * 1024


class Instance:
    """The folder, ours as long as this process lives: the kernel drops the lock even after SIGKILL."""

    def __init__(self, data: Path) -> None:
        """Make and lock the folder. Raises :class:`EngineError` where another product runs in it."""
        self.data = data
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(data / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise EngineError(f"{data}: {error.strerror}; give another folder with --data") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = read_instance(data).get("pid", "unknown")
            raise EngineError(f"{data}: already served by process {pid}; stop it, or give --data and --port") from None
        # What a killed one left would pass for today's settings.
        self.forget()
        self.logs = data / "log"
        self.logs.mkdir(mode=0o700, exist_ok=True)

    def log(self, name: str) -> Path:
        """Return the log file of one process, set aside first where it has grown too long."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path

    def trim_logs(self) -> None:
        """Set aside logs that have grown too long while they are written: their writers append, so they may be cut."""
        for path in self.logs.glob("*.log"):
            if path.stat().st_size > LOG_LIMIT:
                shutil.copyfile(path, path.with_suffix(".log.1"))
                os.truncate(path, 0)

    def announce(self, environment: Mapping[str, str]) -> None:
        """Write down how to reach this product, for commands that are given only the data folder."""
        target = self.data / INSTANCE_FILE
        draft = target.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({**environment, "pid": os.getpid()}, file, indent=1)
        draft.replace(target)

    def forget(self) -> None:
        """Remove that note."""
        (self.data / INSTANCE_FILE).unlink(missing_ok=True)

    def close(self) -> None:
        """Give the folder free."""
        self.forget()
        os.close(self._lock)


def make_secret_key(settings: Settings) -> bool:
    """Make the installation's key where it is kept in a file and there is none yet; tells whether it did."""
    scheme, _, name = settings.secret_key.partition(":")
    target = settings.secrets_dir / name
    if scheme != "file" or target.exists():
        return False
    settings.secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    return True
