"""Twenty boards that are open while twenty things happen a second: how long after its commit each shows a new case."""

from __future__ import annotations

import bisect
import random
import time
from collections.abc import Sequence
from os import getloadavg

from sqlalchemy import text

from contactcentre.auth import sessions
from contactcentre.db import UnitOfWork
from contactcentre.engines import ports, process
from tests.bench import board
from tests.bench.engines import Site, web
from tests.bench.figures import Figure, Report
from tests.bench.walls import Shown, Walls
from tests.bench.weight import weigh
from tests.factories import make_agent, phone, say

BOARDS, RATE = 20, 20
SECONDS, SHORT = 60.0, 15.0
#: milliseconds at which 95 of 100 boards must show it, and shall
MUST, GOAL = 3000, 1000
#: in which the last ones are shown
LAST = 6.0
_COUNTED = text("select coalesce(sum(count), 0) from board_sum where what = 'unassigned'")
_LIVE = text(
    "select exists (select from pg_stat_activity where application_name = 'contactcentre live' "
    "and query like 'listen%')"
)
_KNOWN = text("select moved_at > :since from projection_cursor where name = 'board'")


def run(site: Site, report: Report, *, short: bool) -> None:
    """Measure with the product's own web, live and ticker; the citizens' words are taken in by its own intake."""
    board.fill(site, report)
    seconds, port = SHORT if short else SECONDS, ports.free("127.0.0.1")
    words = ("granian", "--interface", "asgi", "contactcentre.live:app", "--host", "127.0.0.1", "--port", str(port))
    with (
        web(site) as address,
        site.running(*words, "--no-ws", "--log-level", "warning", name="live"),
        site.running("workers.ticker", name="ticker") as ticker,
    ):
        if not process.wait_until(lambda: _begun(site), seconds=60):
            raise RuntimeError(f"nobody listens or nobody counts; see the logs in {site.folder}")
        walls = Walls.open(address, f"127.0.0.1:{port}", _cookies(site))
        try:
            time.sleep(LAST)
            before, first = weigh(ticker.pid), _counted(site)
            committed = _open(site, seconds)
            after = weigh(ticker.pid)
            time.sleep(LAST)
            shown, asked = walls.shown()
        finally:
            walls.kill()
    spent = (after.cpu - before.cpu) / seconds * 100
    _show(site, report, _delays(committed, first, shown), asked, len(committed) / seconds)
    report.say(f"boards   the ticker: {spent:.1f} % of a core, PSS {after.pss:.0f} MB", ticker_percent=spent)


def _show(site: Site, report: Report, took: Sequence[float | None], asked: Sequence[float], rate: float) -> None:
    seen = sorted(one for one in took if one is not None)
    words = f"{BOARDS} boards, {site.cases} cases, {rate:.0f} new cases/s, load {getloadavg()[0]:.0f}"
    found = Figure(words, rate, seen)
    report.show("boards", found, unit=" cases/s")
    report.show("boards", Figure("their questions", len(asked) / max(sum(asked), 1e-9), asked))
    p95, missed = found.at(0.95), len(took) - len(seen)
    verdict = "goal kept" if p95 <= GOAL else "must kept, goal missed" if p95 <= MUST else "MISSED"
    report.say(
        f"boards   p95 {p95:.0f} ms (must {MUST}, goal {GOAL}): {verdict}; {missed} never shown",
        p95_ms=p95,
        missed=missed,
    )


def _delays(committed: Sequence[float], first: int, shown: Shown) -> list[float | None]:
    """Return how long after each commit each board showed so many cases; None where it never did."""
    found: list[float | None] = []
    for wall in shown:
        highest, most = list[int](), 0
        for _, number in wall:
            most = max(most, number)
            highest.append(most)
        for place, at in enumerate(committed, 1):
            index = bisect.bisect_left(highest, first + place)
            found.append(max(wall[index][0] - at, 0.0) if index < len(wall) else None)
    return found


def _begun(site: Site) -> bool:
    with site.container.db.reader() as session:
        since = session.execute(text("select now() - interval '3 seconds'")).scalar_one()
        counts = session.execute(_KNOWN, {"since": since}).scalar_one_or_none()
        return bool(counts) and bool(session.scalar(_LIVE))


def _counted(site: Site) -> int:
    with site.container.db.reader() as session:
        return int(session.execute(_COUNTED).scalar_one())


def _cookies(site: Site) -> list[str]:
    run_of = random.randrange(10**6)

    def work(uow: UnitOfWork) -> list[str]:
        made = [make_agent(uow.session, f"Wall {run_of} {number}", ("supervisor", "*")) for number in range(BOARDS)]
        return [sessions.create(uow.session, agent_id=one.id or 0, browser="bench") for one in made]

    return [f"{sessions.COOKIE}={token}" for token in site.container.db.run(work)]


def _open(site: Site, seconds: float) -> list[float]:
    """Let citizens open cases, so many a second, one after the other; returns when each was committed."""
    base = random.randrange(10**5, 9 * 10**6)
    began, found = time.monotonic(), list[float]()
    for number in range(int(seconds * RATE)):
        time.sleep(max(began + number / RATE - time.monotonic(), 0))
        _write(site, base + number)
        found.append(time.monotonic())
    time.sleep(max(began + seconds - time.monotonic(), 0))
    return found


def _write(site: Site, number: int) -> None:
    """Let a stranger write, under an id that no run before this one has given."""

    def work(uow: UnitOfWork) -> None:
        city, own = site.container.city, f"wall-{number}-{time.time_ns()}"
        say(uow.session, city, "It smells", sender=phone(number), external_id=own)

    site.container.db.run(work)
