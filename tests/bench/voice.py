"""Calls over HTTP: 30 callbacks a second with 200 calls open, beside the bare route.

Callers wait, ask again as their gateway does every few seconds, are joined with agents and hang up; others report by
the menu. Each answer counts from when its request was due.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cases import clock
from cases.models import Agent, AgentProfile, AgentRole
from contactcentre.db import UnitOfWork
from tests.bench.engines import Site, serve
from tests.bench.figures import Figure, Report
from tests.calls.centre import ACCOUNT
from tests.calls.line import OURS

RATE, OPEN, SECONDS, SHORT = 30, 200, 60, 15
AGENTS, CLIENTS = 20, 64
#: turns after which a caller who still waits hangs up, from the fewest on, each caller's own
FEWEST, MOST = 6, 40
#: what is measured apart: the pages of who waits, what keys lead to, and what is only told
KINDS = {"silent": "waiting pages", "keyed": "digits", "joined": "events", "ended": "events"}
_numbers = itertools.count(1)
_run = f"{time.time_ns():x}"


def run(site: Site, report: Report, *, threads: int, short: bool) -> None:
    """Measure callbacks at the pace, and the bare route at the same one."""
    seconds = SHORT if short else SECONDS
    site.container.db.run(_people)
    with serve(site, "tests.bench.bare:app", threads=threads) as address:
        (bare,) = _paced("bare route, one indexed SELECT", _Line(address, "/").bare, seconds=10)
    secret = (site.folder / "secrets" / "sms-front-hook").read_text()
    with serve(site, "tests.bench.voice_app:app", threads=threads) as address:
        line = _Line(address, f"/hooks/{ACCOUNT}/{secret}/")
        for _ in range(OPEN):
            line.begin()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: line.on(), range(2 * OPEN)))
        figures = _paced(f"callbacks, {OPEN} calls open, {threads} threads", line.on, seconds=seconds)
    for one in (bare, *figures):
        report.show("voice", one)
    figure = figures[0]
    ratio = figure.at(0.99) / bare.at(0.99)
    report.say(f"voice    p99 beside the bare route: {ratio:.1f} times", ratio=ratio)
    told = dict(line.kinds.most_common())
    report.say(f"voice    errors {len(line.bad)} {sorted(set(line.bad))[:3]}; answers {told}", errors=len(line.bad))


@dataclass
class _Call:
    """One call: the page heard last, and how often it asked."""

    session: str
    number: str
    patience: int
    page: dict[str, Any] = field(default_factory=lambda: {"turn": None, "steps": []})
    asked: int = 0

    @property
    def step(self) -> str:
        return self.page["steps"][-1]["step"] if self.page["steps"] else "HangUp"

    def next(self) -> tuple[str, dict[str, Any]]:
        """Return the event and the words of the next request."""
        self.asked += 1
        ask = {"turn": self.page["turn"]}
        if self.asked == 1:
            return "call", {**ask, "what": "begun"}
        if self.asked > self.patience:
            return "status", {"what": "ended", "seconds": 400}
        match self.step:
            case "Ask":
                return "call", {**ask, "what": "keyed", "keys": "1" if self.asked % 5 == 0 else "2"}
            case "Record":
                url = f"https://media.test/{self.session}.mp3"
                return "call", {**ask, "what": "recorded", "recording": url, "recorded_seconds": 20}
            case "Connect" if self.asked % 2:
                return "status", {"what": "joined"}
            case "Connect":
                return "call", {**ask, "what": "parted", "reached": "answered", "talked": 30}
            case "Wait":
                return "call", {**ask, "what": "silent"}
        return "status", {"what": "ended", "seconds": 100}


@dataclass
class _Line:
    """All telephones of the bench, each at a step of its own; one that is over makes room for a new one."""

    address: str
    path: str
    bad: list[str] = field(default_factory=list)
    going: deque[_Call] = field(default_factory=deque)
    kinds: Counter[str] = field(default_factory=Counter)
    kept: threading.local = field(default_factory=threading.local)

    def bare(self) -> str:
        """Ask the bare route."""
        if self._post("/", b"")[0] != 200:
            self.bad.append("bare")
        return ""

    def begin(self) -> None:
        """Let somebody dial when it is their turn."""
        number = next(_numbers)
        patience = FEWEST + number % (MOST - FEWEST)
        self.going.append(_Call(f"{_run}-{number}", f"+23326{number:07d}", patience))

    def on(self) -> str:
        """Let the call that waited longest go on; returns what kind of callback that was."""
        call = self.going.popleft()
        event, words = call.next()
        self._send(call, event, words)
        return KINDS.get(str(words["what"]), "")

    def _send(self, call: _Call, event: str, words: dict[str, Any]) -> None:
        said = {"session": call.session, "line": OURS, "caller": call.number, **words}
        status, body = self._post(f"{self.path}{event}", json.dumps(said).encode())
        if status != 200 or b'"steps"' not in body or b"trouble" in body:
            self.bad.append(f"{status} {body[:40]!r}")
            body = b'{"turn": 1, "steps": []}'
        if words["what"] == "ended":
            self.kinds["ended"] += 1
            self.begin()
            return
        if event == "call":
            call.page = json.loads(body)
            self.kinds[call.step] += 1
        self.going.append(call)

    def _post(self, path: str, body: bytes) -> tuple[int | str, bytes]:
        try:
            connection = getattr(self.kept, "connection", None)
            if connection is None:
                connection = self.kept.connection = http.client.HTTPConnection(self.address, timeout=30)
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.kept.connection = None
            return type(error).__name__, b""


def _people(uow: UnitOfWork) -> None:
    """Let so many agents take calls."""
    session, at = uow.session, clock.now(uow.session)
    for n in range(AGENTS):
        agent = Agent(username=f"voice-{n}", name=f"Agent {n}", password_hash="-", created_at=at)
        agent.phone = f"+2332400{n:05d}"
        session.add(agent)
        session.flush()
        session.add(AgentRole(agent_id=agent.id, role="agent", department="*"))
        session.add(AgentProfile(agent_id=agent.id, takes_calls=True, languages=[], skills=[]))


def _paced(name: str, work: Callable[[], str], *, seconds: int) -> list[Figure]:
    """Do the work at the pace for so long; each one's time counts from when it was due. The whole, then each kind."""
    times: list[tuple[str, float]] = []
    began = time.perf_counter()

    def one(due: float) -> None:
        kind = work()
        times.append((kind, time.perf_counter() - due))

    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(seconds * RATE):
            due = began + number / RATE
            time.sleep(max(due - time.perf_counter(), 0))
            pool.submit(one, due)
    took = time.perf_counter() - began
    gathered = {name: [spent for _, spent in times]}
    for kind in sorted({kind for kind, _ in times} - {""}):
        gathered[f"of these, {kind}"] = [spent for of, spent in times if of == kind]
    return [Figure(one, len(spent) / took, tuple(sorted(spent))) for one, spent in gathered.items()]
