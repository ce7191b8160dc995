"""The board over HTTP among many cases, drawn anew and shown again, beside the bare SQL of the same numbers."""

from __future__ import annotations

import http.client
import itertools
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from os import getloadavg

import psycopg
from sqlalchemy import text

from cases import clock, committed
from cases.board import layouts
from cases.figures.projecting import NAME as FIGURES
from cases.models import BoardLayout
from contactcentre import board as boards
from contactcentre.auth import sessions
from contactcentre.db import UnitOfWork
from tests.bench.engines import Site, web
from tests.bench.figures import Figure, Report
from tests.factories import make_agent

SIZES = (10_000, 100_000, 1_000_000)
CLIENTS = (1, 4)
REQUESTS, SHORT = 240, 60
#: milliseconds that 95 of 100 boards must take, and shall; and how much longer among many cases than among few
MUST, GOAL, FLAT = 500, 60, 1.5
_FILLED = text("select exists (select from board_case)")
_SUMS = """
select what, part, department, confidential, count from board_sum where count <> 0 and (what in
('open', 'unassigned', 'overdue', 'due', 'on_citizen', 'on_others', 'held', 'held_late') or what = 'opened' and part >=
%(since)s or what in ('broken', 'promised', 'kept', 'failed') and part >= %(today)s)
"""
_FIRST = """
select (select min(opened_at) from board_case b where b.department = p.d and b.confidential = p.c and b.live),
(select min(opened_at) from board_case b where b.department = p.d and b.confidential = p.c and b.unassigned),
(select min(due_at) from board_case b where b.department = p.d and b.confidential = p.c and b.overdue)
from (select distinct department as d, confidential as c from board_sum where what = 'open') p
"""
_NUMBER = re.compile(rb'Overdue now</span> <span class="v">(\d+)')


def fill(site: Site, report: Report) -> None:
    """Count the board of a seeded folder once; from then on its ticker follows what happens, as the figures do."""
    with site.container.db.reader() as session:
        if session.execute(_FILLED).scalar_one():
            return
    began = time.monotonic()
    cases, _, _ = boards.recount(site.container, mend=True)
    took = time.monotonic() - began
    site.container.db.run(lambda uow: committed.take(uow.session, FIGURES, at=clock.now(uow.session), from_now=True))
    report.show("board", Figure(f"{cases} cases counted for the first time in {took:.0f} s", cases / took))
    with psycopg.connect(_url(site), autocommit=True) as connection:
        connection.execute("vacuum analyze board_case, board_sum")


def run(site: Site, report: Report, *, short: bool) -> float:
    """Measure the board of a folder; returns the 95th percentile of one that is drawn anew, in milliseconds."""
    fill(site, report)
    requests = SHORT if short else REQUESTS
    cookie, boards_of = _watcher(site, requests)
    worst = 0.0
    with web(site) as address:
        for clients in CLIENTS:
            _asked(address, cookie, lambda n: f"/board/now?layout={boards_of[n % len(boards_of)]}", clients, 40)
            time.sleep(1.5)  # so that none of them is shown again
            drawn = _asked(
                address, cookie, lambda n: f"/board/now?layout={boards_of[n % len(boards_of)]}", clients, requests
            )
            again = _asked(address, cookie, lambda _: "/board/now", clients, requests)
            _show(site, report, "drawn anew", clients, drawn, _bare(site, requests))
            _show(site, report, "mostly shown again", clients, again)
            worst = max(worst, drawn.at(0.95)) if clients == 1 else worst
    return worst


def flat(report: Report, found: dict[int, float]) -> None:
    """Say whether a board takes as long among many cases as among few."""
    if len(found) > 1:
        ratio = found[max(found)] / found[min(found)]
        verdict = "flat" if ratio <= FLAT else "NOT FLAT"
        report.say(f"board    p95 among {max(found)} cases is {ratio:.2f} times that among {min(found)}: {verdict}")
    for cases, p95 in found.items():
        verdict = "goal kept" if p95 <= GOAL else "must kept, goal missed" if p95 <= MUST else "MISSED"
        report.say(f"board    {cases} cases: p95 {p95:.0f} ms (must {MUST}, goal {GOAL}): {verdict}", p95_ms=p95)


def _show(site: Site, report: Report, how: str, clients: int, found: Figure, *limits: Figure) -> None:
    # Other work on the machine lengthens every figure; how much there was stands beside each.
    many = "s" if clients > 1 else ""
    words = f"{how}, {site.cases} cases, {clients} client{many}, load {getloadavg()[0]:.0f}"
    report.show("board", Figure(words, found.rate, found.seconds), *limits)


def _watcher(site: Site, requests: int) -> tuple[str, list[int]]:
    """Make a supervisor with more boards than are kept, so that each is drawn anew when its turn comes again."""

    def work(uow: UnitOfWork) -> tuple[str, list[int]]:
        session, at = uow.session, clock.now(uow.session)
        agent = make_agent(session, f"Board {random.randrange(10**6)}", ("supervisor", "*"))
        usual = {"parts": list(layouts.PARTS), "departments": [], "seconds": 0, "made_at": at, "changed_at": at}
        made = [BoardLayout(agent_id=agent.id, name=f"Board {n}", **usual) for n in range(max(requests, 60))]
        session.add_all(made)
        session.flush()
        token = sessions.create(session, agent_id=agent.id or 0, browser="bench")
        return f"{sessions.COOKIE}={token}", [one.id for one in made]

    return site.container.db.run(work)


def _asked(address: str, cookie: str, path: Callable[[int], str], clients: int, requests: int) -> Figure:
    numbers = itertools.count()

    def client(_: int) -> list[float]:
        connection, seconds = http.client.HTTPConnection(address, timeout=30), []
        while (number := next(numbers)) < requests:
            began = time.perf_counter()
            connection.request("GET", path(number), headers={"Cookie": cookie})
            answer = connection.getresponse()
            body = answer.read()
            seconds.append(time.perf_counter() - began)
            if answer.status != 200 or not _NUMBER.search(body):
                raise RuntimeError(f"{path(number)}: {answer.status}")
        return seconds

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seconds = sorted(itertools.chain.from_iterable(pool.map(client, range(clients))))
    return Figure("", len(seconds) / (time.perf_counter() - began), seconds)


def _bare(site: Site, requests: int) -> Figure:
    with site.container.db.reader() as session:
        today = clock.now(session).date()
    values, seconds = {"today": str(today), "since": str(today - timedelta(days=30))}, []
    with psycopg.connect(_url(site), autocommit=True) as connection:
        for _ in range(requests):
            began = time.perf_counter()
            connection.execute(_SUMS, values).fetchall()
            connection.execute(_FIRST).fetchall()
            seconds.append(time.perf_counter() - began)
    found = Figure("", requests / sum(seconds), sorted(seconds))
    return Figure(f"bare SQL p50 {found.at(0.5):.2f} p95 {found.at(0.95):.2f} ms,", found.rate)


def _url(site: Site) -> str:
    return site.settings.database_url.replace("+psycopg", "")
