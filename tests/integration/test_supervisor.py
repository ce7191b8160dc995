"""The supervisor with its real engines and small stand-ins for the product's processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from config import settings
from tests.integration import processes

ROOT = Path(__file__).parents[2]


class Served:
    """One run of the supervisor on a folder, its output in a file."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self.data = data
        self.port = port or free_port()
        self.output = data.with_name(f"{data.name}-{self.port}.out")
        self.began = time.monotonic()
        command = [sys.executable, "-m", "tests.integration.standins.serve", "--data", str(data)]
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    def text(self) -> str:
        return self.output.read_text()

    def await_ready(self) -> float:
        """Wait for the ready line; returns the seconds since the start."""
        line = f"ready http://127.0.0.1:{self.port}\n"
        assert processes.eventually(lambda: line in self.text() or self.process.poll() is not None, seconds=30)
        assert line in self.text(), self.text()
        return time.monotonic() - self.began

    def ask(self) -> list[int] | None:
        """Return the web worker's process id and the number of starts; None while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/live", timeout=5) as answer:
                return [int(word) for word in answer.read().split()]
        except OSError:
            return None

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send a signal and wait for the end; returns the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(15)
        return time.monotonic() - began


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    for pid in processes.of(tmp_path / "data"):
        os.kill(pid, signal.SIGKILL)


def pid_of(data: Path, part: str) -> int:
    """Return the oldest process of this product whose command line has ``part``."""
    found = [p for p in processes.of(data) if part in Path(f"/proc/{p}/cmdline").read_text()]
    return min(found, key=lambda pid: float(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[19]))


def test_start_stop_and_a_second_start(data: Path) -> None:
    served = Served(data)
    first = served.await_ready()
    text = served.text()
    for step in ("postgres runs", "valkey runs", "release --demo", "up to date", "web, worker run"):
        assert step in text
    assert f"agents:         http://127.0.0.1:{served.port}/desk" in text
    answer = served.ask()
    assert answer is not None
    assert answer[1] == 1
    assert settings.read_instance(data)["pid"] == served.process.pid
    assert data.stat().st_mode & 0o777 == 0o700
    assert served.stop(signal.SIGINT) < 10
    assert served.process.returncode == 0
    assert processes.of(data) == []
    assert settings.read_instance(data) == {}
    again = Served(data)
    assert again.await_ready() < first, "what was made is there already"
    answer = again.ask()
    assert answer is not None
    assert answer[1] == 2
    assert again.stop() < 10


def test_a_kill_leaves_no_process_and_the_next_start_is_quick(data: Path) -> None:
    served = Served(data)
    first = served.await_ready()
    assert len(processes.of(data)) >= 8
    served.stop(signal.SIGKILL)
    assert processes.eventually(lambda: not processes.of(data), seconds=5)
    assert settings.read_instance(data) != {}
    again = Served(data)
    assert again.await_ready() < first, "what was made is there already"
    answer = again.ask()
    assert answer is not None
    assert answer[1] == 2
    again.stop()
    assert processes.of(data) == []


@pytest.mark.parametrize(
    ("name", "part"), [("web", "standins.web"), ("worker", "standins.worker"), ("valkey", "valkey"), ("postgres", "-D")]
)
def test_whatever_crashes_is_started_again_and_reported(data: Path, name: str, part: str) -> None:
    served = Served(data)
    served.await_ready()
    url = settings.load(data, {}).database_url.replace("+psycopg", "")
    with closing(psycopg.connect(url)) as busy:  # its own block would end in a commit, and it may be dead by then
        busy.execute("select 1")
        os.kill(pid_of(data, part), signal.SIGKILL)
        assert processes.eventually(lambda: f"{name} was started again" in served.text(), seconds=10), served.text()
    assert f"{name} was ended by SIGKILL after " in served.text()
    assert processes.eventually(served.ask, seconds=10)
    assert served.process.poll() is None
    assert served.stop() < 10
    assert processes.of(data) == []


def test_a_web_worker_that_dies_alone_is_replaced(data: Path) -> None:
    served = Served(data)
    served.await_ready()
    first = served.ask()
    assert first is not None
    os.kill(first[0], signal.SIGKILL)
    assert processes.eventually(lambda: (served.ask() or first)[0] != first[0], seconds=15), served.text()
    served.stop()
    assert processes.of(data) == []


def test_a_second_one_is_refused_on_the_same_folder_or_port_and_runs_beside_on_others(data: Path) -> None:
    served = Served(data)
    served.await_ready()
    same_folder = Served(data)
    assert same_folder.process.wait(10) == 1
    assert same_folder.text() == (
        f"serve: {data}: already served by process {served.process.pid}; stop it, or give --data and --port\n"
    )
    same_port = Served(data.with_name("other"), served.port)
    assert same_port.process.wait(10) == 1
    assert same_port.text().startswith(f"serve: 127.0.0.1 port {served.port}: Address already in use; give another")
    beside = Served(data.with_name("other"))
    beside.await_ready()
    assert served.ask() is not None
    assert beside.ask() is not None
    beside.stop()
    assert served.ask() is not None
    served.stop()


def test_a_refused_release_ends_the_start_with_its_reason(data: Path) -> None:
    data.mkdir()
    (data / "refuse").touch()
    served = Served(data)
    assert served.process.wait(20) == 1
    assert "REFUSED: the file refuse is there; remove it" in served.text()
    assert "serve: the release step ended with code 1" in served.text()
    assert processes.of(data) == []


def test_a_process_that_cannot_start_ends_the_start_with_its_last_words(data: Path) -> None:
    served = Served(data)
    served.await_ready()
    served.stop()
    log = data / "log/worker.log"
    log.unlink()
    script = (
        "import sys; from contactcentre.engines import plan, supervisor; "
        "sys.exit(supervisor.main(sys.argv[1:], children=[plan.Child('live', 'no_such_module', ('{port}',))], "
        "release=['tests.integration.standins.release']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--data", str(data), "--port", str(free_port())],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "serve: live ended at once" in done.stderr
    assert "No module named no_such_module" in done.stderr
    assert processes.of(data) == []


def test_a_stop_while_it_starts_is_obeyed(data: Path) -> None:
    served = Served(data)
    assert processes.eventually((data / "serve.lock").exists, seconds=10)
    time.sleep(0.2)
    assert served.stop() < 10
    assert served.process.returncode == 0
    assert "ready" not in served.text()
    assert processes.of(data) == []
