"""What promises cost: looking when nothing is due, a thousand within ten seconds, many thousands at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from cases.models.event import GENESIS
from cases.sla import waking
from cases.sla.calendar import ALWAYS_OPEN
from cases.sla.policy import Step, Target, Unit
from cases.sla.terms import Terms, frozen
from contactcentre.db import UnitOfWork
from tests.bench.engines import Site
from tests.bench.figures import Figure, Report

AMONG = (10_000, 100_000, 1_000_000)
IDLE_LOOKS = 300
A_FEW, SECONDS = 1_000, 10
MANY = 50_000
#: as reckoned by the calendar of today: else the ticker would reckon all of them anew meanwhile
MARK = ALWAYS_OPEN.fingerprint
TERMS = frozen(Terms("bench", 1, Target(24, Unit.ELAPSED), "always-open", steps=(Step("due", ("supervisor",)),)))
_PEOPLE = """
insert into address (kind, value, created_at) values ('phone', '+10000000000', now());
insert into citizen (created_at) values (now());
insert into thread (address_id, created_at) select id, now() from address
"""
_CASES = """
insert into case_file (reference, code_hash, family, department, status, subject, channel, account, thread_id,
                       citizen_id, routing, event_head, last_speaker, last_message_at, due_kind, due_at,
                       opened_at, updated_at)
select lpad(n::text, 8, '0'), '', 'service', 'bench', 'open', 'bench', 'sms', 'bench', 1, 1, '{}', %(head)s,
       'citizen', now(), 'first_response', now() + interval '30 days', now(), now()
  from generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
_TIMERS = """
insert into timer (case_id, kind, state, policy, calendar_mark, started_at, due_at, next_wake_at)
select id, 'first_response', 'running', %(terms)s, %(mark)s, now(),
       now() + interval '30 days', now() + interval '30 days'
  from case_file where id between %(first)s and %(last)s
"""
_FALL_DUE = """
with chosen as (select id, row_number() over (order by id) as place from timer
                 where state = 'running' and breached_at is null order by id limit %(many)s),
     due as (select id, clock_timestamp() + make_interval(secs => %(seconds)s * place / %(many)s::float) as at
               from chosen)
update timer set due_at = due.at, next_wake_at = due.at from due where timer.id = due.id
"""
# The same rows in one statement that knows them all beforehand: what any ticker has to pay at least.
_BARE = """
with due as (select id, case_id, due_at from timer where next_wake_at <= clock_timestamp() order by next_wake_at
              limit %(many)s),
     timers as (update timer t set state = 'breached', breached_at = t.due_at, rung = 1, next_wake_at = null
                  from due where t.id = due.id),
     escalations as (insert into escalation (timer_id, case_id, step, due_at, "to", created_at)
                     select id, case_id, 'due', due_at, '["supervisor"]', now() from due),
     events as (insert into event (case_id, seq, kind, at, actor, plain, previous_hash, hash)
                select c.id, c.event_seq + n, kind, now(), 'system', '{"timer": "bench"}', c.event_head, %(hash)s
                  from due join case_file c on c.id = due.case_id,
                       (values (1, 'timer_breached'), (2, 'escalated')) as e(n, kind))
update case_file c set event_seq = event_seq + 2, event_head = %(hash)s, version = version + 1, updated_at = now()
  from due where c.id = due.case_id
"""


def run(site: Site, among: int, report: Report) -> None:
    """Measure among so many open promises."""
    with psycopg.connect(site.settings.database_url.replace("+psycopg", ""), autocommit=True) as bare:
        _fill(bare, among)
        name = f"{among} open"
        report.show("timers", _idle(site, name), _bare_look(bare))
        _some_in_time(site, bare, name, report)
        many = min(MANY, among // 4)
        rate = _rate(bare, many, lambda: bare.execute(_BARE, {"many": many, "hash": GENESIS}))
        limit = Figure("one statement, all known", rate)
        report.show("timers", Figure(f"{name}, {many} due at once", _rate(bare, many, lambda: _drain(site))), limit)


def _fill(bare: psycopg.Connection[tuple[object, ...]], among: int) -> None:
    for statement in _PEOPLE.split(";"):
        bare.execute(statement)
    step = 100_000
    for first in range(1, among + 1, step):
        values = {"first": first, "last": min(first + step - 1, among), "head": GENESIS, "terms": TERMS, "mark": MARK}
        bare.execute(_CASES, values)
        bare.execute(_TIMERS, values)
    bare.execute("vacuum analyze")


def _look(site: Site) -> int:
    def work(uow: UnitOfWork) -> int:
        at = datetime.now(UTC)
        return waking.wake(uow.session, calendars=site.container.city.calendars, at=at)

    return site.container.db.run(work)


def _drain(site: Site) -> None:
    while _look(site):
        pass


def _idle(site: Site, name: str) -> Figure:
    return _timed(f"{name}, nothing due", lambda: _look(site))


def _bare_look(bare: psycopg.Connection[tuple[object, ...]]) -> Figure:
    return _timed("bare", lambda: bare.execute("select min(next_wake_at) from timer where next_wake_at is not null"))


def _timed(name: str, look: Callable[[], object]) -> Figure:
    seconds = []
    for _ in range(IDLE_LOOKS):
        began = time.perf_counter()
        look()
        seconds.append(time.perf_counter() - began)
    return Figure(name, len(seconds) / sum(seconds), sorted(seconds))


def _some_in_time(site: Site, bare: psycopg.Connection[tuple[object, ...]], name: str, report: Report) -> None:
    """Let the real ticker record a thousand breaches that come within ten seconds."""
    with site.running("workers.ticker", name="ticker"):
        time.sleep(5)
        bare.execute(_FALL_DUE, {"seconds": SECONDS, "many": A_FEW})
        time.sleep(SECONDS + 5)
    late = bare.execute(
        "select extract(epoch from at - (plain->>'due_at')::timestamptz) from event where kind = 'timer_breached'"
    ).fetchall()
    seconds = sorted(float(str(row[0])) for row in late)
    report.show(
        "timers", Figure(f"{name}, {len(seconds)} of {A_FEW} within {SECONDS} s", len(seconds) / SECONDS, seconds)
    )


def _rate(bare: psycopg.Connection[tuple[object, ...]], many: int, wake: Callable[[], object]) -> float:
    bare.execute(_FALL_DUE, {"seconds": 0, "many": many})
    bare.execute("checkpoint")
    began = time.perf_counter()
    wake()
    return many / (time.perf_counter() - began)
