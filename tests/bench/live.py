"""News on its way: from the commit of a change to the lines of 170 open streams, beside a bare listener's delay."""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import text

from cases.models import Case
from contactcentre.auth import sessions
from contactcentre.db import UnitOfWork
from contactcentre.engines import ports, process
from tests.bench.engines import Site
from tests.bench.figures import Figure, Report
from tests.bench.streams import Heard, Streams
from tests.bench.weight import weigh
from tests.factories import make_agent, phone, say

STREAMS, RATE = 170, 20
SECONDS, SHORT = 60.0, 15.0
#: each changes once in ten seconds, so that it is known which change a line tells of
CASES = 200
#: milliseconds at which 95 of 100 lines must have come, and shall
MUST, GOAL = 2000, 1000
#: in which the last lines come
LAST = 4.0
_BARE = "bench_live"
_BEGUN = text(
    "select exists (select from projection_cursor where name = 'live') and exists (select from pg_stat_activity "
    "where application_name = 'contactcentre live' and query like 'listen%')"
)
_NOTIFY = text("select pg_notify(:channel, :payload)")


@dataclass(frozen=True, slots=True)
class Committed:
    """A change: of which case, and by the monotonic clock when its transaction began and was committed."""

    reference: str
    began: float
    at: float


@dataclass
class Bare:
    """The least that could tell of a change: a connection that listens to what each transaction notifies by itself."""

    heard: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def listening(self, url: str) -> Iterator[None]:
        """Listen while the block runs."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"listen {_BARE}")
            stop = threading.Event()
            thread = threading.Thread(target=self._listen, args=(connection, stop), daemon=True)
            thread.start()
            try:
                yield
            finally:
                stop.set()
                thread.join(5)

    def _listen(self, connection: psycopg.Connection[tuple[object, ...]], stop: threading.Event) -> None:
        while not stop.is_set():
            for notice in connection.notifies(timeout=0.5):
                self.heard.setdefault(notice.payload, []).append(time.monotonic())


def run(site: Site, report: Report, *, short: bool) -> None:
    """Measure with the product's own live process and ticker; the citizens' words are taken in by its own intake."""
    seconds = SHORT if short else SECONDS
    cookies = _cookies(site)
    references = [_write(site, number).reference for number in range(CASES)]
    assert len(set(references)) == CASES
    port = ports.free("127.0.0.1")
    words = ("granian", "--interface", "asgi", "contactcentre.live:app", "--host", "127.0.0.1", "--port", str(port))
    with (
        site.running(*words, "--no-ws", "--log-level", "warning", name="live") as live,
        site.running("workers.ticker", name="ticker") as ticker,
    ):
        address = f"127.0.0.1:{port}"
        if not process.wait_until(lambda: ports.answers("127.0.0.1", port, "/health/live"), seconds=30):
            raise RuntimeError(f"the live process does not answer; see {site.folder / 'live.log'}")
        if not process.wait_until(lambda: _begun(site), seconds=30):
            raise RuntimeError(f"nobody listens or nobody tells; see the logs in {site.folder}")
        empty = weigh(live.pid)
        streams, bare = Streams.open(address, cookies), Bare()
        try:
            with bare.listening(site.settings.database_url.replace("+psycopg", "")):
                before = weigh(live.pid), weigh(ticker.pid)
                committed = _change(site, seconds)
                after = weigh(live.pid), weigh(ticker.pid)
                time.sleep(LAST)
            heard = streams.heard()
        finally:
            streams.kill()
    spent = [(then.cpu - first.cpu) / seconds * 100 for first, then in zip(before, after, strict=True)]
    _show_delays(report, committed, heard, bare.heard, seconds)
    report.say(
        f"live     the live process: {spent[0]:.1f} % of a core, PSS {after[0].pss:.0f} MB ({empty.pss:.0f} MB without "
        f"streams); the ticker {spent[1]:.1f} %",
        cpu_percent=spent[0],
        pss_mb=after[0].pss,
        pss_empty_mb=empty.pss,
        ticker_percent=spent[1],
    )


def _show_delays(
    report: Report, committed: Sequence[Committed], heard: Heard, bare: dict[str, list[float]], seconds: float
) -> None:
    took, least = _delays(committed, heard), _delays(committed, [bare])
    name = f"{len(heard)} streams of as many agents, {len(committed) / seconds:.0f} changes/s"
    found = Figure(name, len(took) / seconds, took)
    limit = Figure("bare LISTEN/NOTIFY, one client", len(least) / seconds, least)
    report.show("live", found, unit=" lines/s")
    report.show("live", limit, unit=" lines/s")
    missed, p95 = len(committed) * len(heard) - len(took), found.at(0.95)
    verdict = "goal kept" if p95 <= GOAL else "must kept, goal missed" if p95 <= MUST else "MISSED"
    more = p95 - limit.at(0.95)
    words = f"{verdict}; {more:.0f} ms more than bare; {missed} lines missed"
    report.say(f"live     p95 {p95:.0f} ms (must {MUST}, goal {GOAL}): {words}", p95_ms=p95, missed=missed)


def _begun(site: Site) -> bool:
    """Tell whether the ticker tells of what is committed, and the live process listens to it."""
    with site.container.db.reader() as session:
        return bool(session.scalar(_BEGUN))


def _cookies(site: Site) -> list[str]:
    """Make as many agents as there are streams, each logged in once."""

    def work(uow: UnitOfWork) -> list[str]:
        made = [make_agent(uow.session, f"Live{number}") for number in range(STREAMS)]
        return [sessions.create(uow.session, agent_id=one.id or 0, browser="bench") for one in made]

    return [f"{sessions.COOKIE}={token}" for token in site.container.db.run(work)]


def _change(site: Site, seconds: float) -> list[Committed]:
    """Let citizens write, so many a second, one after the other."""
    began, found = time.monotonic(), list[Committed]()
    for number in range(int(seconds * RATE)):
        time.sleep(max(began + number / RATE - time.monotonic(), 0))
        found.append(_write(site, number % CASES))
    time.sleep(max(began + seconds - time.monotonic(), 0))
    return found


def _write(site: Site, number: int) -> Committed:
    def work(uow: UnitOfWork) -> str:
        received = say(uow.session, site.container.city, "The gutter is full again", sender=phone(number + 1))
        reference = uow.session.get_one(Case, received.case_id).reference
        uow.session.execute(_NOTIFY, {"channel": _BARE, "payload": reference})
        return reference

    began = time.monotonic()
    reference = site.container.db.run(work)
    return Committed(reference, began, time.monotonic())


def _delays(committed: Sequence[Committed], heard: Heard) -> list[float]:
    """Return, sorted, how long after each commit each client heard of it; what came too late for it was missed."""
    following: dict[str, float] = {}
    found = []
    for one in reversed(committed):
        until = following.get(one.reference, float("inf"))
        following[one.reference] = one.began
        for client in heard:
            times = client.get(one.reference, [])
            place = bisect.bisect_left(times, one.began)
            if place < len(times) and times[place] < until:
                found.append(max(times[place] - one.at, 0.0))
    return sorted(found)
