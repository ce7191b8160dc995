"""What figures cost: counting the events of a week's cases in batches, their recount, and the page's questions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from cases.figures import nights, projecting, recounting
from cases.figures.setting import setting_of
from cases.models.event import GENESIS
from cases.permissions import SYSTEM
from cases.queries import figures
from contactcentre.db import UnitOfWork
from tests.bench.engines import Site
from tests.bench.figures import Figure, Report

WEEK = 20_000
#: so that the history is older than everything that runs
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
_COPY = "copy event (case_id, seq, kind, at, actor, message_id, plain, previous_hash, hash) from stdin"
_PEOPLE = """
insert into address (kind, value, created_at) values ('phone', '+10000000000', now());
insert into citizen (created_at) values (now());
insert into thread (address_id, created_at) select id, now() from address
"""
_CASES = """
insert into case_file (id, reference, code_hash, family, department, status, subject, channel, account, thread_id,
                       citizen_id, routing, event_head, last_speaker, last_message_at, opened_at, updated_at)
overriding system value
select n, lpad(n::text, 8, '0'), '', 'service', 'bench', 'closed', 'bench', 'sms', 'bench', 1, 1, '{}', %(head)s,
       'citizen', now(), %(began)s, %(began)s::timestamptz + interval '7 days' from generate_series(1, %(cases)s) n
"""


def run(site: Site, cases: int, report: Report) -> None:
    """Measure the counting of so many cases, all of one week, of sixteen events each."""
    with psycopg.connect(site.settings.database_url.replace("+psycopg", ""), autocommit=True) as bare:
        events = _fill(bare, cases)
        read, took = _timed(lambda: len(bare.execute("select xid, id, case_id, kind, at, plain from event").fetchall()))
        assert read == events
        limit = Figure("reading them alone", events / took)
    setting, at, seconds = setting_of(site.container.city), BEGAN + timedelta(days=9), list[float]()
    passed = 1

    def batch(uow: UnitOfWork) -> int:
        return projecting.project(uow.session, setting, at=at)

    while passed:
        passed, took = _timed(lambda: site.container.db.run(batch))
        seconds += [took] if passed else []
    name = f"{events} events of {cases} cases, {projecting.MOST_EVENTS} a batch"
    report.show("counting", Figure(name, events / sum(seconds), sorted(seconds)), limit)
    _, took = _timed(lambda: site.container.db.run(lambda uow: nights.take_night(uow.session, setting, at=at)))
    report.show("counting", Figure("a night", 1 / took, [took]))
    _asked(site, report)


def _asked(site: Site, report: Report) -> None:
    since, until = BEGAN.date(), (BEGAN + timedelta(days=8)).date()
    city, setting = site.container.city, setting_of(site.container.city)
    with site.container.db.reader() as session:
        _, took = _timed(lambda: figures.of_period(session, SYSTEM, city=city, since=since, until=until))
        report.show("counting", Figure("the page's questions, the week", 1 / took, [took]))
        found, took = _timed(lambda: recounting.recount(session, setting, since=since, until=until))
        report.show("counting", Figure(f"recount of the week, {len(found)} differences", 1 / took, [took]))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _fill(bare: psycopg.Connection[tuple[object, ...]], cases: int) -> int:
    for statement in _PEOPLE.split(";"):
        bare.execute(statement)
    bare.execute(_CASES, {"head": GENESIS, "cases": cases, "began": BEGAN})
    number = 0
    # Written hour by hour, as many cases at a time as an hour of a week has, so that batches hold pieces of many.
    rows = sorted((row for case in range(1, cases + 1) for row in _history(case, cases)), key=lambda row: row[3])
    with bare.cursor().copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)
            number += 1
    bare.execute("vacuum analyze")
    return number


def _history(case: int, cases: int) -> Iterator[tuple[Any, ...]]:
    opened = BEGAN + timedelta(days=5) * case / cases
    said = [(kind, opened + timedelta(minutes=minutes), values) for kind, minutes, values in _LINES]
    for seq, (kind, at, values) in enumerate(said, 1):
        yield case, seq, kind, at, "agent:1", case, json.dumps(values), GENESIS, GENESIS


_FIRST, _FIX = {"timer": "first_response", "instance": 1}, {"timer": "resolution", "instance": 1}
_LEG = {"timer": "department_leg", "instance": 1}
_LINES: tuple[tuple[str, float, dict[str, Any]], ...] = (
    ("opened", 0, {"channel": "sms", "account": "sms-front"}),
    ("routed", 0, {"department": "front-desk", "service": None}),
    ("timer_started", 0, {**_FIRST, "calendar": "port"}),
    ("timer_started", 0, {**_FIX, "calendar": "port"}),
    ("timer_started", 0, {**_LEG, "calendar": "port"}),
    ("acknowledged", 0, {}),
    ("replied", 90, {}),
    ("timer_met", 90, {**_FIRST, "late": False}),
    ("assigned", 90, {"agent": 1}),
    ("status_changed", 90, {"from": "new", "to": "open"}),
    ("message_delivered", 91, {"status": "delivered"}),
    ("message_received", 600, {"reason": "recent"}),
    ("replied", 700, {}),
    ("status_changed", 1000, {"from": "open", "to": "resolved", "outcome": "fixed"}),
    ("timer_met", 1000, {**_FIX, "late": False}),
    ("timer_met", 1000, {**_LEG, "late": False}),
)
