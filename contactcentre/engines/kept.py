"""A process that shall run: started, watched, started again when it ends, stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config import settings as configuration
from contactcentre.engines import ports, process
from contactcentre.engines.errors import EngineError
from contactcentre.engines.plan import Child
from contactcentre.engines.server import Server

#: seconds; who lived longer is started again at once, who did not after a pause that doubles
STABLE = 10.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
#: seconds that an engine gets to stop; with the children's patience everything ends within ten
ENGINE_PATIENCE = 2.5
PYTHON = (sys.executable, "-m", "contactcentre.engines.child")


@dataclass(slots=True)
class Kept:
    """One process. ``command`` is asked before every start, so it may prepare what a crash left over."""

    name: str
    command: Callable[[], list[str]]
    log: Path
    environment: Mapping[str, str]
    patience: float
    ready: Callable[[int], bool]
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGKILL
    folder: Path | None = None
    running: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _pause: float = 0.0
    _again: float = 0.0

    @property
    def alive(self) -> bool:
        """Tell whether it runs."""
        return self.running is not None and self.running.poll() is None

    @property
    def is_ready(self) -> bool:
        """Tell whether it runs and does its work."""
        return self.running is not None and self.alive and self.ready(self.running.pid)

    def start(self) -> None:
        """Start it; from the main thread, for the tie to the parent belongs to the thread."""
        command = self.command()
        self.running = process.spawn(
            command, self.log, environment=self.environment, death_signal=self.death_signal, folder=self.folder
        )
        self._started = time.monotonic()

    def look(self) -> list[str]:
        """Start it again if it has ended and its pause is over; returns what is to be reported."""
        if self.alive:
            return []
        report = self._buried(self.running) if self.running is not None else []
        if time.monotonic() >= self._again:
            try:
                self.start()
            except (EngineError, OSError) as error:
                self._rest()
                report.append(f"{self.name} cannot be started, again in {self._pause:g} s: {error}")
            else:
                report.append(f"{self.name} was started again")
        return report

    def signalled(self, number: int) -> bool:
        """Send it a signal, if it runs."""
        if self.running is not None and self.alive:
            self.running.send_signal(number)
            return True
        return False

    def _buried(self, ended: subprocess.Popen[bytes]) -> list[str]:
        """Take leave of the ended process: say how it ended, and decide when the next one starts."""
        lived = time.monotonic() - self._started
        self.running = None
        self._again = 0.0
        if lived >= STABLE:
            self._pause = 0.0
        else:
            self._rest()
        again = f", again in {self._pause:g} s" if self._pause else ""
        return [f"{self.name} {how_it_ended(ended.returncode)} after {lived:.1f} s{again}", *self.last_words()]

    def last_words(self) -> list[str]:
        """Return where its output is, and the end of that."""
        return [f"  {self.log}:", *(f"    {line}" for line in process.last_lines(self.log, 5))]

    def _rest(self) -> None:
        self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
        self._again = time.monotonic() + self._pause


def how_it_ended(code: int) -> str:
    """Put a process's exit code into words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def engine(server: Server) -> Kept:
    """Return the engine as a process to keep."""

    def command() -> list[str]:
        server.prepare()
        return server.command()

    return Kept(
        name=server.name,
        command=command,
        log=server.log,
        environment=server.environment(),
        patience=ENGINE_PATIENCE,
        ready=server.ready,
        stop_signal=server.stop_signal,
        death_signal=server.death_signal,
        folder=Path("/"),
    )


def program(child: Child, log: Path, *, host: str, port: int, environment: Mapping[str, str]) -> Kept:
    """Return one of our own processes as one to keep."""
    threads = configuration.load(environ=environment).web_threads
    words = [*PYTHON, *child.filled(host, port, threads=threads)]
    return Kept(
        name=child.name,
        command=lambda: words,
        log=log,
        environment=environment,
        patience=child.patience,
        ready=lambda _: not child.serves or ports.answers(host, port, child.health),
    )


def stop_all(kept: Sequence[Kept]) -> list[str]:
    """Ask all to stop at once, and kill each one whose patience is over; returns the names of those killed."""
    began = time.monotonic()
    waiting = [one for one in kept if one.signalled(one.stop_signal)]
    killed: list[str] = []
    while waiting := [one for one in waiting if one.alive]:
        for one in waiting:
            if time.monotonic() > began + one.patience and one.name not in killed:
                one.signalled(signal.SIGKILL)
                killed.append(one.name)
        time.sleep(0.02)
    return killed
