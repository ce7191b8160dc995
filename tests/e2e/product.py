"""The whole product as its users get it: started by ``bin/serve`` on free ports, always ended by its process id."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_LIMIT, STOP_LIMIT = 240.0, 30.0
#: what would point the product at other engines or another configuration than its own defaults
_OURS = ("CONTACTCENTRE_", "DATABASE_URL", "REDIS_URL", "FILES_DIR")
_LOGIN = re.compile(r"^(\w+) {2,}(\S+) {2,}\S.*$", re.MULTILINE)


class Product:
    """One run of ``bin/serve``, its output in a file beside the data folder."""

    def __init__(self, data: Path, **environ: str) -> None:
        self.data, self.port = data, _free_port()
        self._environ = {**_environment(), **environ}
        self.address = f"http://127.0.0.1:{self.port}"
        self._output = data.with_name(f"{data.name}.out")
        command = [ROOT / "bin/serve", "--port", str(self.port), "--data", data]
        with self._output.open("w") as file:
            self._process = subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=ROOT, env=self._environ
            )

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._output.read_text()

    @property
    def logins(self) -> dict[str, str]:
        """The demo's passwords by user name, as the output tells them."""
        table = self.said.partition("demo log-ins:\n")[2]
        return {name: word for name, word in _LOGIN.findall(table) if name != "username"}

    def await_ready(self) -> None:
        """Wait for the line that scripts wait for."""
        until = time.monotonic() + START_LIMIT
        while f"ready {self.address}\n" not in self.said:
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"bin/serve did not get ready; it said:\n{self.said}")
            time.sleep(0.1)

    def command(self, *words: str) -> str:
        """Run the command line on this data folder; returns its answer."""
        done = subprocess.run(
            [ROOT / "bin/contactcentre", *words, "--data", self.data],
            capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, env=self._environ,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"{' '.join(words)}: {done.stderr}")
        return done.stdout.strip()

    def stop(self) -> int:
        """End it as Ctrl-C does, by force if that is not enough; returns its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait(STOP_LIMIT)


@contextmanager
def serving(data: Path, **environ: str) -> Iterator[Product]:
    """Start the product on a data folder, wait until it is ready, and stop it whatever happens."""
    product = Product(data, **environ)
    try:
        product.await_ready()
        yield product
    finally:
        product.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
