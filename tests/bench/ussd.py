"""Dialogues at a steady pace: turns over HTTP to committed rows, beside a bare route with one indexed SELECT.

The pace is kept whatever the answers take, and a turn's time counts from when it was due, so that waiting in a queue
shows. For a part of the run each turn's row takes 200 ms longer to write.
"""

from __future__ import annotations

import http.client
import itertools
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from contactcentre.cli.accounts import hooks
from tests.bench.engines import ROOT, Site, serve
from tests.bench.figures import Figure, Report
from tests.factories import TEST_CITY

ACCOUNT, CODE = "ussd-bench", "*920*14#"
RATE, OPEN = 100, 1000
SECONDS = int(os.environ.get("BENCH_SECONDS", "60"))
SLOW_FOR = min(10, SECONDS // 3)
CLIENTS = 128
INPUTS = ("1", "The lamp is out", "Beach Road", "1", "1")
_SLOW = """
create or replace function bench_slow() returns trigger language plpgsql as
$$ begin perform pg_sleep(0.2); return new; end $$;
create trigger bench_slow before update on dialogue_session for each row execute function bench_slow()
"""
_BLOCK = f"""
[[accounts]]
id = "{ACCOUNT}"
channel = "ussd"
gateway = "africastalking"
address = "{CODE}"
answers_by = "sms-front"
hook_secret = "file:sms-front-hook"
"""
_run = f"{time.time_ns():x}"
_numbers = itertools.count(1)


def city(folder: Path) -> Path:
    """Write the test city with a code to dial and the shipped menu, and return its folder."""
    target = folder / "city"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(TEST_CITY, target)
    text = (ROOT / "config" / "menus" / "main.toml").read_text(encoding="utf-8")
    (target / "menus").mkdir()
    (target / "menus" / "main.toml").write_text(text.partition("# Each waits for a speaker")[0], encoding="utf-8")
    block = target / "departments" / "front-desk.toml"
    block.write_text(block.read_text(encoding="utf-8") + _BLOCK, encoding="utf-8")
    return target


def run(site: Site, report: Report, *, threads: int) -> None:
    """Measure turns at the pace, with and without the delay, beside the bare route."""
    path = "/" + hooks(site.container, ACCOUNT)["session"].split("/", 3)[3]
    with serve(site, "tests.bench.bare:app", threads=threads) as address:
        bare = _paced("bare route, one indexed SELECT", _Asking(address).bare, seconds=min(SECONDS, 10))
    with serve(site, "contactcentre.wsgi:app", threads=threads) as address, _database(site) as database:
        before = _finished(database)
        asking = _Asking(address, path)
        asking.open(OPEN)
        words = f"turns, {site.cases} cases, {OPEN} open, {threads} threads"
        steady = _paced(words, asking.turn, seconds=SECONDS)
        with _slow(database):
            delayed = _paced(f"{words}, 200 ms more", asking.turn, seconds=SLOW_FOR)
        cases, sessions = (now - then for now, then in zip(_finished(database), before, strict=True))
    for figure in (bare, steady, delayed):
        report.show("ussd", figure)
    ratio = steady.at(0.99) / bare.at(0.99)
    report.say(f"ussd     p99 beside the bare route: {ratio:.1f} times", ratio=ratio)
    report.say(f"ussd     errors {len(asking.bad)} {sorted(set(asking.bad))[:3]}; cases {cases}, sessions {sessions}")


@dataclass
class _Asking:
    """Phones that dial, each at a step of its own."""

    address: str
    path: str = ""
    bad: list[str] = field(default_factory=list)
    waiting: deque[list[str]] = field(default_factory=deque)
    kept: threading.local = field(default_factory=threading.local)

    def open(self, count: int) -> None:
        """Let so many sessions begin, and come to different steps."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self._begin(), range(count)))
            for step in range(len(INPUTS) - 1):
                some = [self.waiting.popleft() for _ in range(count)]
                further = count * (len(INPUTS) - 1 - step) // len(INPUTS)
                self.waiting.extend(some[further:])
                list(pool.map(self._on, some[:further]))

    def turn(self) -> None:
        """Let the session that waited longest key something in; one that is over makes room for a new one."""
        talk = self.waiting.popleft()
        if len(talk) > len(INPUTS) + 1:
            self._begin()
        else:
            self._on(talk)

    def bare(self) -> None:
        """Ask the bare route."""
        if self._post("/", "") != 200:
            self.bad.append("bare")

    def _begin(self) -> None:
        self._send([f"ATUid_{_run}{next(_numbers):016d}"])

    def _on(self, talk: list[str]) -> None:
        self._send([*talk, INPUTS[len(talk) - 2]])

    def _send(self, talk: list[str]) -> None:
        number = int(talk[0][-16:])
        form = {"sessionId": talk[0], "serviceCode": CODE, "phoneNumber": f"+23326{number % 10_000_000:07d}"}
        said = self._post(self.path, urlencode({**form, "networkCode": "62001", "text": "*".join(talk[2:])}))
        if said != 200:
            self.bad.append(str(said))
        self.waiting.append([*talk, ""] if len(talk) == 1 else talk)

    def _post(self, path: str, body: str) -> int | str:
        try:
            connection = getattr(self.kept, "connection", None)
            if connection is None:
                connection = self.kept.connection = http.client.HTTPConnection(self.address, timeout=30)
            connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            words = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.kept.connection = None
            return type(error).__name__
        if path != "/" and words[:4] not in (b"CON ", b"END ") or b"could not finish" in words:
            return words[:30].decode()
        return answer.status


def _paced(name: str, work: Callable[[], None], *, seconds: int) -> Figure:
    """Do the work at the pace for so long; each one's time counts from when it was due."""
    times: list[float] = []
    began = time.perf_counter()

    def one(due: float) -> None:
        work()
        times.append(time.perf_counter() - due)

    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(seconds * RATE):
            due = began + number / RATE
            time.sleep(max(due - time.perf_counter(), 0))
            pool.submit(one, due)
    return Figure(name, len(times) / (time.perf_counter() - began), tuple(sorted(times)))


@contextmanager
def _database(site: Site) -> Iterator[psycopg.Connection[tuple[int, int]]]:
    with psycopg.connect(site.settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


@contextmanager
def _slow(database: psycopg.Connection[tuple[int, int]]) -> Iterator[None]:
    for statement in _SLOW.strip().rsplit(";\n", 1):
        database.execute(statement)
    try:
        yield
    finally:
        database.execute("drop trigger bench_slow on dialogue_session")


def _finished(database: psycopg.Connection[tuple[int, int]]) -> Sequence[int]:
    query = (
        "select (select count(*) from case_file where channel = 'ussd'), "
        "(select count(*) from dialogue_session where ends and step = 'report_done')"
    )
    (row,) = database.execute(query).fetchall()
    return row
