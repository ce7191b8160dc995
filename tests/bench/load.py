"""A load generator: bounded requests on kept connections to an address on this machine, in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.figures import Figure

ROOT = Path(__file__).parents[2]


def post(name: str, address: str, path: str, forms: Sequence[dict[str, str]], *, clients: int) -> Figure:
    """Post every form once, ``clients`` at a time; raises where an answer is not 2xx."""
    asked = json.dumps({"address": address, "path": path, "forms": list(forms), "clients": clients})
    command = [sys.executable, "-m", "tests.bench.load"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=ROOT, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    answer = json.loads(done.stdout)
    if answer["bad"]:
        raise RuntimeError(f"{answer['bad']} answers were not 2xx")
    return Figure(name, len(forms) / answer["took"], tuple(answer["seconds"]))


def _client(address: str, path: str, bodies: list[bytes], seconds: list[float], bad: list[str]) -> None:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for body in bodies:
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            began = time.perf_counter()
            connection.sendall(head.encode() + body)
            status = _answer(connection)
            seconds.append(time.perf_counter() - began)
            if not status.startswith("2"):
                bad.append(status)


def _answer(connection: socket.socket) -> str:
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(4096)
        if not part:
            return "closed"
        got += part
    head, _, rest = got.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0
    )
    while len(rest) < length:
        rest += connection.recv(4096)
    return head.split(b" ", 2)[1].decode()


def main() -> None:
    """Read what to send from standard input; print how long it took."""
    asked = json.load(sys.stdin)
    bodies = [urlencode(form).encode() for form in asked["forms"]]
    seconds: list[float] = []
    bad: list[str] = []
    threads = [
        threading.Thread(target=_client, args=(asked["address"], asked["path"], part, seconds, bad))
        for part in (bodies[n :: asked["clients"]] for n in range(asked["clients"]))
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"took": time.perf_counter() - began, "seconds": sorted(seconds), "bad": len(bad)}))


if __name__ == "__main__":
    main()
