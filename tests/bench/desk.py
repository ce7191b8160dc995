"""The desk: queue page, case page and search over HTTP, beside the bare SQL of the same rows in the same run."""

from __future__ import annotations

import http.client
import itertools
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import getloadavg
from urllib.parse import quote

import psycopg

from cases.permissions import ViewerKind
from contactcentre.auth import sessions
from tests.bench.engines import Site, web
from tests.bench.figures import Figure, Report
from tests.factories import make_agent

CLIENTS = (1, 8)
REQUESTS = 200
#: what is asked for: words that many bear, several together, few, none; numbers and references
SEARCHES = ("gutter", "light street night", "permit form", "zebra", "market smells", "lorry par", "water", "0007")
_QUEUE = """
select c.id, c.reference, c.subject, c.status, c.priority, c.channel, c.due_at, c.version, a.value, t.name, g.name
from (select id from case_file where status not in ('resolved', 'closed')
order by coalesce(due_at, 'infinity'), id limit 31) s join case_file c on c.id = s.id
join citizen t on t.id = c.citizen_id join thread h on h.id = c.thread_id
join address a on a.id = h.address_id left join agent g on g.id = c.assignee_id
order by coalesce(c.due_at, 'infinity'), c.id
"""
_CASE = """
select m.id, m.text, m.created_at from filing f join message m on m.id = f.message_id where f.case_id = %(id)s
union all select e.id, e.kind, e.at from event e where e.case_id = %(id)s
"""
_SEARCH = """
select c.id, c.reference, c.subject, c.updated_at from message_words w join filing f on f.message_id = w.id
join case_file c on c.id = f.case_id where w.words @@ plainto_tsquery('simple', %(words)s) order by w.id desc limit 31
"""


def run(site: Site, report: Report) -> None:
    """Measure each page with one client and with eight."""
    cookie = _cookie(site)
    references, ids = _some(site)
    pages: tuple[tuple[str, Callable[[int], str], str, Callable[[int], dict[str, object]]], ...] = (
        ("queue", lambda _: "/desk?view=open", _QUEUE, lambda _: {}),
        (
            "case",
            lambda n: f"/desk/cases/{references[n % len(references)]}",
            _CASE,
            lambda n: {"id": ids[n % len(ids)]},
        ),
        ("search", lambda n: f"/desk?q={quote(_asked(n))}", _SEARCH, lambda n: {"words": _asked(n)}),
    )
    with web(site) as address:
        for (name, path, sql, values), clients in itertools.product(pages, CLIENTS):
            _paged(address, cookie, path, clients, 40)  # connections, plans and caches as they are after a minute
            figure = _paged(address, cookie, path, clients, REQUESTS)
            # Other work on the machine lengthens every figure; how much there was stands beside each.
            words = (
                f"{name}, {site.cases} cases, {clients} client{'s' if clients > 1 else ''}, load {getloadavg()[0]:.0f}"
            )
            bare = _bare(site, sql, values, clients)
            report.show("desk", Figure(words, figure.rate, figure.seconds), bare)


def _asked(number: int) -> str:
    return SEARCHES[number % len(SEARCHES)]


def _cookie(site: Site) -> str:
    def work(uow: object) -> str:
        session = uow.session  # type: ignore[attr-defined]
        agent = make_agent(session, f"Bench {random.randrange(10**6)}", ("supervisor", "*"))
        assert agent.kind is ViewerKind.AGENT
        return f"{sessions.COOKIE}={sessions.create(session, agent_id=agent.id, browser='bench')}"

    return site.container.db.run(work)


def _some(site: Site) -> tuple[list[str], list[int]]:
    step = max(site.cases // 500, 1)
    with psycopg.connect(_url(site)) as connection:
        found = connection.execute(
            "select reference, id from case_file where id %% %s = 0 and id <= %s", [step, site.cases]
        ).fetchall()
    return [f"{one[:4]}-{one[4:]}" for one, _ in found], [number for _, number in found]


def _paged(address: str, cookie: str, path: Callable[[int], str], clients: int, requests: int) -> Figure:
    numbers = itertools.count()

    def client(_: int) -> list[float]:
        connection, seconds = http.client.HTTPConnection(address, timeout=30), []
        while (number := next(numbers)) < requests:
            began = time.perf_counter()
            connection.request("GET", path(number), headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            seconds.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"{path(number)}: {answer.status}")
        return seconds

    return _together("", client, clients)


def _bare(site: Site, sql: str, values: Callable[[int], dict[str, object]], clients: int) -> Figure:
    numbers = itertools.count()

    def client(_: int) -> list[float]:
        seconds = []
        with psycopg.connect(_url(site), autocommit=True) as connection:
            while (number := next(numbers)) < REQUESTS:
                began = time.perf_counter()
                connection.execute(sql, values(number)).fetchall()  # type: ignore[call-overload]
                seconds.append(time.perf_counter() - began)
        return seconds

    found = _together("bare SQL", client, clients)
    return Figure(f"bare SQL p50 {found.at(0.5):.2f} p95 {found.at(0.95):.2f} ms,", found.rate)


def _together(name: str, client: Callable[[int], Sequence[float]], clients: int) -> Figure:
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seconds = sorted(itertools.chain.from_iterable(pool.map(client, range(clients))))
    return Figure(name, len(seconds) / (time.perf_counter() - began), seconds)


def _url(site: Site) -> str:
    return site.settings.database_url.replace("+psycopg", "")
