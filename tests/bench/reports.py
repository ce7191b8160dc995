"""Five reports over HTTP among many cases, over a month and a year, beside the bare SQL of the same numbers."""

from __future__ import annotations

import http.client
import itertools
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from os import getloadavg
from typing import Any

import psycopg

from cases.figures.runs import EVERY, covering
from contactcentre.auth import sessions
from contactcentre.db import UnitOfWork
from tests.bench import reported
from tests.bench.board import FLAT
from tests.bench.engines import Site, web
from tests.bench.figures import Figure, Report
from tests.factories import make_agent

REPORTS, DAYS = ("promises", "waiting", "answers", "resolutions", "equity"), (30, 365)
REQUESTS, SHORT = 60, 20
MUST = 500
#: what each report rests on: sums or lengths, of which table's place, and which measures
_RESTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "promises": (("figure_run", "department, part", "met breached waived"),),
    "waiting": (("figure_run", "department, part", "opened resolved closed"),),
    "answers": (("figure_length", "department", "first_response next_response"),),
    "resolutions": (("figure_length", "department", "resolved first_resolution"),),
    "equity": (("figure_area_length", "area", "resolved"), ("figure_length", "channel", "resolved")),
}
Found = dict[tuple[str, int], float]


def run(site: Site, report: Report, *, short: bool) -> Found:
    """Measure the reports of a folder; returns the 95th percentile of each by its name and days, in milliseconds."""
    reported.fill(site, report)
    cookie, found, requests = _reader(site), Found(), SHORT if short else REQUESTS
    with web(site) as address, psycopg.connect(_url(site), autocommit=True) as bare:
        for days, name in itertools.product(DAYS, REPORTS):
            list(_asked(address, cookie, name, days, 5))
            pages = sorted(_asked(address, cookie, name, days, requests))
            alone = sorted(_bare(bare, name, since, until) for since, until in _periods(days, requests))
            limit = Figure("", requests / sum(alone), alone)
            words = f"{name} of {days} days, {site.cases} cases, load {getloadavg()[0]:.0f}"
            beside = Figure(f"bare SQL p50 {limit.at(0.5):.1f} p95 {limit.at(0.95):.1f} ms,", limit.rate)
            figure = Figure(words, requests / sum(pages), pages)
            report.show("reports", figure, beside)
            found[name, days] = figure.at(0.95)
    return found


def flat(report: Report, found: dict[int, Found]) -> None:
    """Say whether reports take as long among many cases as among few, and keep within what they must."""
    for cases, pages in found.items():
        worst = max(pages, key=lambda one: pages[one])
        verdict = "must kept" if pages[worst] <= MUST else "MISSED"
        words = f"{cases} cases: slowest is {worst[0]} of {worst[1]} days, p95 {pages[worst]:.0f} ms (must {MUST})"
        report.say(f"reports  {words}: {verdict}", p95_ms=pages[worst])
    if len(found) > 1:
        few, many = found[min(found)], found[max(found)]
        for one in few:
            ratio = many[one] / few[one]
            verdict = "flat" if ratio <= FLAT else "NOT FLAT"
            words = (
                f"{one[0]} of {one[1]} days: p95 among {max(found)} cases is {ratio:.2f} times that among {min(found)}"
            )
            report.say(f"reports  {words}: {verdict}", ratio=ratio)


def _periods(days: int, requests: int) -> Iterator[tuple[date, date]]:
    """Yield periods that end on other days, so that they begin and end inside other weeks."""
    today = datetime.now(UTC).date()
    for number in range(requests):
        until = today - timedelta(days=1 + number % 28)
        yield until - timedelta(days=days - 1), until


def _asked(address: str, cookie: str, name: str, days: int, requests: int) -> Iterator[float]:
    connection = http.client.HTTPConnection(address, timeout=60)
    for since, until in _periods(days, requests):
        began = time.perf_counter()
        connection.request("GET", f"/board/reports/{name}?from={since}&to={until}", headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        yield time.perf_counter() - began
        if answer.status != 200 or b"<table" not in body:
            raise RuntimeError(f"{name} of {days} days: {answer.status}")


def _bare(connection: psycopg.Connection[Any], name: str, since: date, until: date) -> float:
    runs, began = covering(since, until), time.perf_counter()
    for table, by, measures in _RESTS[name]:
        values = "count" if table == "figure_run" else "count, wall, business, walls, businesses"
        what = "sum(count)" + ("" if table == "figure_run" else ", sum(walls)::text, sum(businesses)::text")
        which = {"department": f"service = '{EVERY}'", "channel": f"service <> '{EVERY}'"}.get(
            by.split(", ")[0], "true"
        )
        rows = " union all ".join(
            f"select {by}, measure, {values} from {table} where days = {days} and day = any(%(of_{days})s) and {which} "
            "and measure = any(%(measures)s)"
            for days in runs
        )
        asked = {"measures": measures.split(), **{f"of_{days}": list(firsts) for days, firsts in runs.items()}}
        connection.execute(f"select {by}, measure, {what} from ({rows}) r group by {by}, measure", asked).fetchall()
    return time.perf_counter() - began


def _reader(site: Site) -> str:
    def work(uow: UnitOfWork) -> str:
        agent = make_agent(uow.session, f"Reader {time.time_ns()}", ("supervisor", "*"))
        return f"{sessions.COOKIE}={sessions.create(uow.session, agent_id=agent.id or 0, browser='bench')}"

    return site.container.db.run(work)


def _url(site: Site) -> str:
    return site.settings.database_url.replace("+psycopg", "")
