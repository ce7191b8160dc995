"""Dialogues at a steady pace: turns over HTTP to committed rows, beside a bare route with one indexed SELECT.

The pace is kept whatever the answers take, and a turn's time counts from when it was due, so that waiting in a queue
shows. For a part of the run each turn's row takes 200 ms longer to write. In full: 100 turns a second for a minute,
with a thousand sessions open, among a million cases.
"""

from __future__ import annotations

import http.client
import itertools
import re
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
from tests.bench.engines import ROOT, Site, serve, web
from tests.bench.figures import Figure, Report
from tests.factories import TEST_CITY

ACCOUNT, CODE = "ussd-bench", "*920*14#"
CASES, RATE, OPEN = 1_000_000, 100, 1000
SECONDS, SLOW_FOR = 60, 10
#: of the short form: at one go, without the cases
SHORT = 10
CLIENTS = 128
#: what somebody keys in at a screen that begins with these words
ANSWERS = {
    "Danger to life?": "The lamp is out",
    "Where is it?": "Beach Road",
    "Which place": "1",
    "Reported already": "00",
    "Send this?": "1",
    "": "1",
}
_NONE = re.compile(r"^(\d) None of these", re.MULTILINE)
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

[[services]]
key = "lamp"
name = "Street lamp"
family = "service"
words.en = ["lamp"]
"""
_PLACES = "name,kind,parent,aliases,constituency,lat,lon\nBeach Road,area,,,,,\nBeach Lane,area,,,,,\n"
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
    (target / "places").mkdir()
    (target / "places" / "areas.csv").write_text(_PLACES, encoding="utf-8")
    block = target / "departments" / "front-desk.toml"
    block.write_text(block.read_text(encoding="utf-8") + _BLOCK, encoding="utf-8")
    return target


def run(site: Site, report: Report, *, threads: int, short: bool) -> None:
    """Measure turns at the pace, with and without the delay, beside the bare route."""
    seconds, slow_for = (SHORT, SHORT // 2) if short else (SECONDS, SLOW_FOR)
    path = "/" + hooks(site.container, ACCOUNT)["session"].split("/", 3)[3]
    with serve(site, "tests.bench.bare:app", threads=threads) as address:
        bare = _paced("bare route, one indexed SELECT", Asking(address).bare, seconds=10)
    with web(site, threads=threads) as address, _database(site) as database:
        before = _finished(database)
        asking = Asking(address, path)
        asking.open(OPEN)
        words = f"turns, {site.cases} cases, {OPEN} open, {threads} threads"
        steady = _paced(words, asking.turn, seconds=seconds)
        with _slow(database):
            delayed = _paced(f"{words}, 200 ms more", asking.turn, seconds=slow_for)
        cases, sessions = (now - then for now, then in zip(_finished(database), before, strict=True))
    for figure in (bare, steady, delayed):
        report.show("ussd", figure)
    ratio = steady.at(0.99) / bare.at(0.99)
    report.say(f"ussd     p99 beside the bare route: {ratio:.1f} times", ratio=ratio)
    report.say(f"ussd     errors {len(asking.bad)} {sorted(set(asking.bad))[:3]}; cases {cases}, sessions {sessions}")


@dataclass
class Talk:
    """One session: what was keyed in, and the screen shown last."""

    session: str
    keyed: list[str] = field(default_factory=list)
    screen: str = ""

    @property
    def is_over(self) -> bool:
        """Tell whether the gateway has hung up."""
        return self.screen.startswith("END")

    def key(self) -> None:
        """Key in what the screen asks for; of what others have reported it is none, on whatever page that stands."""
        screen = self.screen.removeprefix("CON ")
        none = None if screen.startswith("Which place") else _NONE.search(screen)
        said = next(key for words, key in ANSWERS.items() if screen.startswith(words))
        self.keyed.append(none[1] if none else said)


@dataclass
class Asking:
    """Phones that dial, each at a step of its own."""

    address: str
    path: str = ""
    bad: list[str] = field(default_factory=list)
    waiting: deque[Talk] = field(default_factory=deque)
    kept: threading.local = field(default_factory=threading.local)

    def open(self, count: int) -> None:
        """Let so many sessions begin, and come to different steps."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self._begin(), range(count)))
            for share in (4, 3, 2, 1):
                some = [self.waiting.popleft() for _ in range(count)]
                further = count * share // 5
                self.waiting.extend(some[further:])
                list(pool.map(self._on, some[:further]))

    def turn(self) -> None:
        """Let the session that waited longest key something in; one that is over makes room for a new one."""
        talk = self.waiting.popleft()
        if talk.is_over:
            self._begin()
        else:
            self._on(talk)

    def bare(self) -> None:
        """Ask the bare route."""
        status, _ = self._post("/", "")
        if status != 200:
            self.bad.append("bare")

    def _begin(self) -> None:
        self._send(Talk(f"ATUid_{_run}{next(_numbers):016d}"))

    def _on(self, talk: Talk) -> None:
        talk.key()
        self._send(talk)

    def _send(self, talk: Talk) -> None:
        form = {"sessionId": talk.session, "serviceCode": CODE, "phoneNumber": f"+23326{int(talk.session[-7:]):07d}"}
        status, screen = self._post(self.path, urlencode({**form, "text": "*".join(talk.keyed)}))
        if status != 200 or screen[:4] not in ("CON ", "END ") or "could not finish" in screen:
            self.bad.append(str(status) if status != 200 else screen[:30])
            screen = "END "
        talk.screen = screen
        self.waiting.append(talk)

    def _post(self, path: str, body: str) -> tuple[int | str, str]:
        try:
            connection = getattr(self.kept, "connection", None)
            if connection is None:
                connection = self.kept.connection = http.client.HTTPConnection(self.address, timeout=30)
            connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.kept.connection = None
            return type(error).__name__, ""


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
