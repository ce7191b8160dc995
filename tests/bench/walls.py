"""Walls: the browsers' ends of boards that are open, all in a process of their own, as ``static/js/board.js`` does it.

Reads where to go and the cookies from standard input, says ``open`` once each has its first numbers, and prints for
each which number of cases without an agent it showed, and from when on by the monotonic clock, once a second line has
come.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: seconds between two questions: after a hint, and without one
LEAST, USUAL = 0.5, 5.0
#: by wall: what it showed, and since when
Shown = list[list[tuple[float, int]]]
_NUMBER = re.compile(rb'No agent</span> <span class="v">(\d+)')


@dataclass
class Walls:
    """The process."""

    running: subprocess.Popen[str]

    @classmethod
    def open(cls, web: str, live: str, cookies: Sequence[str]) -> Walls:
        """Open one board for each cookie; raises where one shows nothing."""
        words, pipe = [sys.executable, "-m", "tests.bench.walls"], subprocess.PIPE
        running = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(json.dumps({"web": web, "live": live, "cookies": list(cookies)}) + "\n")
        running.stdin.flush()
        if running.stdout.readline() != "open\n":
            running.kill()
            raise RuntimeError("not every board could be opened")
        return cls(running)

    def shown(self) -> tuple[Shown, list[float]]:
        """Take all boards down; returns what they showed, and how long each question took."""
        said, _ = self.running.communicate("end\n", timeout=60)
        found = json.loads(said)
        return found["shown"], sorted(found["seconds"])

    def kill(self) -> None:
        """End the process, if it still runs."""
        if self.running.poll() is None:
            self.running.kill()
            self.running.wait(10)


class _Wall:
    """One board: a stream that hints, and questions, one after the other."""

    def __init__(self, web: str, live: str, cookie: str) -> None:
        self.web, self.live, self.cookie = web, live, cookie
        self.shown: list[tuple[float, int]] = []
        self.seconds: list[float] = []
        self.hinted, self.first = asyncio.Event(), asyncio.Event()

    async def listen(self) -> None:
        host, _, port = self.live.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        asked = f"GET /live HTTP/1.1\r\nHost: {self.live}\r\nAccept: text/event-stream\r\nCookie: {self.cookie}\r\n\r\n"
        writer.write(asked.encode())
        while line := await reader.readline():
            if line.startswith(b"data: "):
                self.hinted.set()

    async def ask(self) -> None:
        host, _, port = self.web.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"GET /board/now HTTP/1.1\r\nHost: {self.web}\r\nCookie: {self.cookie}\r\n\r\n".encode()
        while True:
            self.hinted.clear()
            began = time.monotonic()
            writer.write(head)
            found = _NUMBER.search(await _answer(reader))
            if found is None:
                raise RuntimeError("a board shows no numbers")
            self.seconds.append(time.monotonic() - began)
            self.shown.append((time.monotonic(), int(found.group(1))))
            self.first.set()
            try:
                await asyncio.wait_for(self.hinted.wait(), USUAL - (time.monotonic() - began))
            except TimeoutError:
                continue
            await asyncio.sleep(max(LEAST - (time.monotonic() - began), 0))


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(head.decode("latin-1").partition("\r\n")[0])
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length
    return await reader.readexactly(int(length.group(1)))


async def _all(web: str, live: str, cookies: Sequence[str]) -> dict[str, object]:
    walls = [_Wall(web, live, cookie) for cookie in cookies]
    tasks = [asyncio.create_task(work) for one in walls for work in (one.listen(), one.ask())]
    for one in walls:
        await asyncio.wait_for(one.first.wait(), 60)
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    wrong = [one for one in ended if not isinstance(one, asyncio.CancelledError)]
    if wrong:
        raise RuntimeError(f"{len(wrong)} boards broke off: {wrong[0]}")
    return {"shown": [one.shown for one in walls], "seconds": [took for one in walls for took in one.seconds]}


def main() -> None:
    """Hang until told to end."""
    asked = json.loads(sys.stdin.readline())
    print(json.dumps(asyncio.run(_all(asked["web"], asked["live"], asked["cookies"]))))


if __name__ == "__main__":
    main()
