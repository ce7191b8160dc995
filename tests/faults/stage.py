"""One installation on which a fault is played: engines that can be stopped, the product's processes, the gateways."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from cases.clock import TestClock, set_test_clock, wall
from config.settings import child_environment
from contactcentre.accounts import hooks
from contactcentre.cli.release import SIMULATED, write_simulated
from contactcentre.engines import plan, ports, process
from contactcentre.engines.kept import Kept, program, stop_all
from tests.bench import engines
from tests.bench.engines import ROOT, Site
from tests.factories import TEST_CITY, write_secrets

HOST = "127.0.0.1"
FRONT, SECOND = "sms-front", "sms-second"
CLOCK = "CONTACTCENTRE_TEST_CLOCK"
TURN, RSS_EVERY = 0.05, 0.5
_CHILDREN = {child.name: child for child in plan.CHILDREN}
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SECOND_ACCOUNT = """
[[accounts]]
id = "sms-second"
channel = "sms"
gateway = "twilio"
address = "+6421555143"
account_sid = "AC00000000000000000000000000000000"
auth_token = "file:sms-second-token"
hook_secret = "file:sms-second-hook"

[[rules]]
key = "second"
when = [{ account = "sms-second" }]
"""


@dataclass
class Stage:
    """The installation. ``kept`` are its processes by name: ``web``, ``worker-1`` …; ``down``: not to be restarted."""

    site: Site
    ports: dict[str, int]
    speed: float = 1.0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    kept: dict[str, Kept] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    rss_max: int = 0
    _rss_at: float = 0.0

    @property
    def address(self) -> str:
        """Where the web process listens."""
        return f"{HOST}:{self.ports['web']}"

    def hook(self, event: str = "incoming", account: str = FRONT) -> str:
        """Return the path that a gateway calls."""
        return "/" + hooks(self.site.container, account)[event].split("/", 3)[3].partition("#")[0]

    def start(self, *names: str, **environment: str) -> None:
        """Start processes of the product, as ``bin/serve`` starts them, and wait until those that serve do."""
        for name in names:
            child = _CHILDREN[name.partition("-")[0]]
            if child.name == "simulator":  # answers that hang must not keep the others waiting
                words = list(child.arguments)
                words[words.index("--blocking-threads") + 1] = "128"
                child = replace(child, arguments=tuple(words))
            own = child_environment(**self.site.environ, PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1", **environment)
            log, port = self.site.folder / f"{name}.log", self.ports.get(child.name, 0)
            self.kept[name] = program(child, log, host=HOST, port=port, environment=own)
            self.kept[name].start()
        if not self.until(lambda: all(self.kept[name].is_ready for name in names), seconds=60):
            raise RuntimeError(f"{', '.join(names)}: not ready; their logs are in {self.site.folder}")

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a process of the product; what dies of it is restarted after the supervisor's pause."""
        self.kept[name].signalled(number)

    def strike(self, pid: int) -> None:
        """Kill a process that one of ours has forked, if it still lives."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def workhorses(self, name: str) -> list[int]:
        """Return the processes that a job worker or the web server has forked."""
        running = self.kept[name].running
        return sorted(process.children_of(running.pid)) if running is not None and self.kept[name].alive else []

    def pause(self, seconds: float) -> None:
        """Let time pass, restarting what has died."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._turn()
            time.sleep(min(TURN, left))

    def until(self, condition: Callable[[], object], *, seconds: float) -> bool:
        """Let time pass until something holds; False where it does not in so many seconds."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                return False
            self.pause(TURN)
        return True

    def fault(self, mode: str, *, seconds: float = 600.0, gateway: str = "africastalking", **more: float) -> None:
        """Let a gateway misbehave."""
        self._ask("POST", "faults", json={"gateway": gateway, "mode": mode, "seconds": seconds, **more})

    def write(self, sender: str, to: str, text: str) -> str:
        """Write as a citizen, by the gateway's double; returns the gateway's id of it."""
        return str(self._ask("POST", "sms", json={"from": sender, "to": to, "text": text})["id"])

    def sent(self) -> list[dict[str, Any]]:
        """Return what the gateways took, as they say."""
        found: list[dict[str, Any]] = self._ask("GET", "sent")
        return found

    def leap(self, by: timedelta, *names: str) -> None:
        """Stop everything, let so much time pass, and start again."""
        self.end()
        anchor, offset, speed = self.site.environ[CLOCK].split(",")
        value = f"{anchor},{float(offset) + by.total_seconds()},{speed}"
        self.site.environ[CLOCK] = value
        moved = datetime.fromisoformat(anchor), timedelta(seconds=float(value.split(",")[1])), float(speed)
        set_test_clock(TestClock(*moved))
        self.start(*names)

    def end(self) -> None:
        """End every process; a stopped one must be woken first."""
        for one in self.kept.values():
            one.signalled(signal.SIGCONT)
        stop_all(list(self.kept.values()))
        running = [engine._process for engine in (self.site.database, self.site.queue)]
        process.reap_strangers({one.pid for one in running if one is not None}, kill=True)

    def _ask(self, method: str, what: str, **more: Any) -> Any:
        url = f"http://{HOST}:{self.ports['simulator']}/simulator/api/{what}"
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, timeout=15, **more)
        answer.raise_for_status()
        return answer.json()

    def _turn(self) -> None:
        for name, one in self.kept.items():
            if name not in self.down:
                self.told += one.look()
        if time.monotonic() >= self._rss_at:
            self._rss_at = time.monotonic() + RSS_EVERY
            self.rss_max = max([self.rss_max, *self._sizes()])

    def _sizes(self) -> Iterator[int]:
        """Yield the resident megabytes of every process of the product."""
        for name, one in self.kept.items():
            if name != "simulator" and one.running is not None and one.alive:
                for pid in [one.running.pid, *self.workhorses(name)]:
                    yield _rss(pid) // 1024 // 1024


@contextmanager
def stage(
    folder: Path, *, speed: float = 1.0, promises: str = "", limits: str = "", doubles: bool = True
) -> Iterator[Stage]:
    """Set the stage in an empty folder; everything ends with the block.

    ``speed``: of the clock of all processes; ``promises``: policies of the department that takes the messages;
    ``limits``: further lines of the city's bounds; ``doubles``: the gateways' doubles stand for the accounts' own.
    """
    clear(folder)
    folder.mkdir(parents=True)
    chosen = {name: ports.free(HOST) for name in ("web", "live", "simulator")}
    set_test_clock(None)
    more = {CLOCK: f"{wall().isoformat()},0,{speed}"} if speed != 1 else {}
    settings: dict[str, Any] = {
        "CONTACTCENTRE_CONFIG": str(_city(folder, promises, limits)),
        "CONTACTCENTRE_BASE_URL": f"http://{HOST}:{chosen['web']}",
        "CONTACTCENTRE_SIMULATOR_URL": f"http://{HOST}:{chosen['simulator']}" if doubles else "",
        "CONTACTCENTRE_POOL_SIZE": "5",
        **more,
    }
    with engines.site(folder, serving=True, **settings) as site:
        write_simulated(folder / SIMULATED, site.container)
        made = Stage(site, chosen, speed)
        try:
            yield made
        finally:
            made.end()
            site.container.close()
            set_test_clock(None)
            (folder / "stage.log").write_text("\n".join(made.told) + "\n")


def clear(folder: Path) -> None:
    """Remove a stage's folder; the database may stand elsewhere, behind a link."""
    database = folder / "postgres"
    if database.is_symlink():
        shutil.rmtree(database.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _city(folder: Path, promises: str, limits: str) -> Path:
    """Make the test city with one more account, of a gateway that can be asked what it took."""
    write_secrets(folder / "secrets")
    for name in ("sms-second-token", "sms-second-hook"):
        (folder / "secrets" / name).write_text(f"{name}-0123456789abcdef0123456789abcdef")
    shutil.copytree(TEST_CITY, folder / "city")
    with (folder / "city" / "departments" / "front-desk.toml").open("a") as file:
        file.write(_SECOND_ACCOUNT + promises)
    organisation = folder / "city" / "organisation.toml"
    words = organisation.read_text(encoding="utf-8")
    organisation.write_text(words.replace("[limits]\n", f"[limits]\n{limits}"), encoding="utf-8")
    return folder / "city"


def _rss(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
