"""Browsers' ends of live streams, all in a process of their own: opened by HTTP, read line by line, each with a cookie.

Reads where to go and the cookies from standard input, says ``open`` once all streams are, and prints what each heard,
and when by the monotonic clock, once a second line has come.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: by client, by reference: when it was told
Heard = list[dict[str, list[float]]]


@dataclass
class Streams:
    """The process."""

    running: subprocess.Popen[str]

    @classmethod
    def open(cls, address: str, cookies: Sequence[str]) -> Streams:
        """Open one stream for each cookie; raises where one was refused."""
        words = [sys.executable, "-m", "tests.bench.streams"]
        pipe = subprocess.PIPE
        running = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(json.dumps({"address": address, "cookies": list(cookies)}) + "\n")
        running.stdin.flush()
        if running.stdout.readline() != "open\n":
            running.kill()
            raise RuntimeError("not every stream could be opened")
        return cls(running)

    def heard(self) -> Heard:
        """End all streams and return what they heard."""
        said, _ = self.running.communicate("end\n", timeout=60)
        found: Heard = json.loads(said)
        return found

    def kill(self) -> None:
        """End the process, if it still runs."""
        if self.running.poll() is None:
            self.running.kill()
            self.running.wait(10)


async def _stream(address: str, cookie: str, heard: dict[str, list[float]], opened: asyncio.Queue[str]) -> None:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    asked = f"GET /live HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
    writer.write(asked.encode())
    opened.put_nowait((await reader.readline()).split()[1].decode())
    while line := await reader.readline():
        if line.startswith(b"data: "):
            at = time.monotonic()
            for reference in json.loads(line[6:])["references"]:
                heard.setdefault(reference, []).append(at)


async def _all(address: str, cookies: Sequence[str]) -> Heard:
    heard: Heard = [{} for _ in cookies]
    opened = asyncio.Queue[str]()
    streams = [
        asyncio.create_task(_stream(address, cookie, mine, opened)) for cookie, mine in zip(cookies, heard, strict=True)
    ]
    statuses = [await asyncio.wait_for(opened.get(), 60) for _ in cookies]
    print("open" if set(statuses) == {"200"} else f"refused: {set(statuses)}", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for one in streams:
        one.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return heard


def main() -> None:
    """Listen until told to end."""
    asked = json.loads(sys.stdin.readline())
    print(json.dumps(asyncio.run(_all(asked["address"], asked["cookies"]))))


if __name__ == "__main__":
    main()
