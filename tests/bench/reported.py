"""Fills what figures are kept in for a year of as many cases as a folder has, by SQL, in the shape that counting gives.

The seeded histories hold no answers and one department, so that counting them would fill little; here each case is
drawn with its department, service, channel, area, answers, resolutions and promises.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from cases.figures.classes import BOUNDS
from cases.figures.lengths import CLASS, TABLES
from cases.figures.runs import EVERY
from cases.figures.storing import NIGHTLY, WITHOUT_AREA
from tests.bench.engines import Site
from tests.bench.figures import Figure, Report

DEPARTMENTS, SERVICES, AREAS = 8, 6, 12
_EMPTIED = (
    "figure_sum, figure_area, figure_run, figure_area_run, figure_length, figure_area_length, figure_fact, figure_entry"
)
_DRAWN = """
create temporary table bench_drawn as
select id, day, opened, department, department || '-' || kind as service, channel, area, secret, answer, fix,
       opened + answer as answered, opened + fix as fixed, luck
  from (
    select id, day, day + interval '7 hours' + random() * interval '10 hours' as opened,
           random() as luck, (1 + floor(random() * %(services)s))::int as kind,
           (%(departments)s::text[])[1 + floor(random() * %(many)s)::int] as department,
           (array['sms', 'sms', 'sms', 'ussd', 'voice', 'email', 'letters'])[1 + floor(random() * 7)::int] as channel,
           case when random() < 0.2 then '' else 'Area ' || (1 + floor(random() * %(areas)s))::int end as area,
           random() < 0.02 as secret, exp(4 + 2.5 * random() + 2 * random()) * interval '6 seconds' as answer,
           exp(7 + 3 * random() + 2 * random()) * interval '6 seconds' as fix
      from generate_series(1, %(cases)s) as id,
           lateral (select %(first)s::date + (id::bigint * %(days)s / %(cases)s)::int as day) d) c
"""
#: measure, part, instant, of how many in a hundred, by their luck
_THINGS = (
    ("opened", "''", "opened", 0, 100),
    ("contacts", "to_char(opened at time zone 'UTC', 'HH24')", "opened", 0, 100),
    ("first_response", "''", "answered", 0, 90),
    ("next_response", "''", "answered + answer", 0, 50),
    ("first_resolution", "''", "fixed", 0, 80),
    ("resolved", "''", "fixed", 0, 75),
    ("reopened", "''", "fixed", 75, 80),
    ("reopening", "''", "fixed + answer", 75, 80),
    ("single", "''", "fixed", 0, 45),
    ("first_contact", "case when luck < 0.4 then 'yes' else 'no' end", "fixed", 0, 80),
    ("closed", "''", "fixed + interval '3 days'", 0, 50),
    ("rated", "(1 + floor(random() * 5))::int::text", "fixed", 10, 20),
    ("leg", "''", "fixed", 0, 80),
    ("met", "'first_response'", "answered", 0, 70),
    ("breached", "'first_response'", "answered", 70, 95),
    ("met", "'next_response'", "answered + answer", 0, 40),
    ("breached", "'next_response'", "answered + answer", 40, 50),
    ("met", "'resolution'", "fixed", 0, 60),
    ("breached", "'resolution'", "fixed", 60, 90),
    ("met", "'department_leg'", "fixed", 0, 65),
    ("breached", "'department_leg'", "fixed", 65, 85),
)
_TIMED = {
    "first_response": "answer",
    "next_response": "answer",
    "first_resolution": "fix",
    "resolved": "fix",
    "leg": "fix",
}
_ENTRY = """
insert into figure_entry (case_id, measure, part, number, day, at, department, service, channel, area, confidential)
select id, '{measure}', {part}, 1, ({at})::date, {at}, department, service, channel, area, secret from bench_drawn
 where luck * 100 >= {low} and luck * 100 < {high} and {at} < now()
"""
_FACT = """
insert into figure_fact (case_id, measure, instance, day, department, service, channel, area, confidential, wall,
                         business, calendar_mark)
select e.case_id, e.measure, 1, e.day, e.department, e.service, e.channel, e.area, e.confidential,
       extract(epoch from d.{took})::bigint, extract(epoch from d.{took} * 0.3)::bigint, ''
  from figure_entry e join bench_drawn d on d.id = e.case_id where e.measure = '{measure}'
"""
_OF_DAY = ("day", "measure", "part", "department")
_MARKS = """
insert into figure_sum select day::date, m, '', '', '', '', false, 1
  from generate_series(%(first)s::date, %(first)s::date + (%(days)s - 1)::int, interval '1 day') day,
       unnest(array['night', 'judged']) m where m = 'night' or day < now() - interval '9 days'
"""
#: what waits is drawn too: some of each department, service and channel at the end of every day
_WAITING = """
insert into {table} ({place}, day, measure, part, confidential, count)
select {place}, day, 'backlog', age, confidential, sum(least(count, 20)) from {table},
       unnest(array['0-1', '2-7', '8-30', '31-90', '91+']) age where measure = 'opened'
 group by {place}, day, age, confidential
"""
_CURSOR = """
insert into projection_cursor (name, xid, event_id, moved_at)
select 'figures', xid::text::bigint, id, now() from event order by event.xid desc, id desc limit 1
on conflict (name) do update set xid = excluded.xid, event_id = excluded.event_id, moved_at = now()
"""


def fill(site: Site, report: Report) -> None:
    """Fill the figures of a folder, once."""
    mark = site.folder / "reported"
    if mark.exists():
        return
    with psycopg.connect(site.settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        began = time.monotonic()
        _fill(connection, site)
        took, rows = time.monotonic() - began, connection.execute("select count(*) from figure_entry").fetchone()
    assert rows is not None
    mark.write_text(str(rows[0]))
    report.show("reports", Figure(f"{rows[0]} entries of {site.cases} cases drawn in {took:.0f} s", rows[0] / took))


def _fill(connection: psycopg.Connection[Any], site: Site) -> None:
    named = [*site.container.city.departments, *(f"department-{n}" for n in range(DEPARTMENTS))][:DEPARTMENTS]
    first = (datetime.now(UTC) - timedelta(days=365)).date()
    values = {"first": first, "days": 365, "cases": site.cases, "departments": named, "many": len(named)}
    connection.execute("set synchronous_commit = off; set work_mem = '256MB'; select setseed(0.5)")
    connection.execute(f"truncate {_EMPTIED}")
    connection.execute("drop index if exists ix_figure_entry_measure_department_day")
    connection.execute(_DRAWN, {**values, "services": SERVICES, "areas": AREAS})
    for measure, part, at, low, high in _THINGS:
        connection.execute(_ENTRY.format(measure=measure, part=part, at=at, low=low, high=high))
    connection.execute(
        "create index ix_figure_entry_measure_department_day on figure_entry "
        "(measure, department, day, case_id, part, number)"
    )
    for measure, took in _TIMED.items():
        connection.execute(_FACT.format(measure=measure, took=took))
    for table, place in (("figure_sum", "department, service, channel"), ("figure_area", "department, area")):
        _sums(connection, table, place)
    for table, place in TABLES.items():
        _lengths(connection, table, place)
    connection.execute(_MARKS, values)
    connection.execute(_CURSOR)
    connection.execute(f"vacuum analyze {_EMPTIED}")


def _sums(connection: psycopg.Connection[Any], table: str, place: str) -> None:
    key = f"day, measure, part, {place}, confidential"
    said = key.replace("service", "case measure when 'contacts' then '' else service end")
    which = "" if table == "figure_sum" else f"where measure <> all (array{sorted(WITHOUT_AREA)})"
    heads = f"insert into {table} ({key}, count) select {said}, count(*) from figure_entry {which}"
    connection.execute(f"{heads} group by {said} order by day")
    under = key.removeprefix("day, ")
    runs = f"select days, {_first('day')}, {under}, sum(count) from {table} cross join (values (7), (56)) as r(days)"
    into = f"insert into {table.replace('_sum', '')}_run (days, {key}, count)"
    connection.execute(f"{into} {runs} group by 1, 2, {under}")
    if table == "figure_sum":
        together(connection, into, table, "measure, part", "sum(count)")
    connection.execute(_WAITING.format(table=table, place=place))


def _lengths(connection: psycopg.Connection[Any], table: str, place: str) -> None:
    under, values = f"measure, {place}, confidential", "count, wall, business, walls, businesses"
    sums = ", ".join(f"sum({one})" for one in values.split(", "))
    classes = f"1 as count, wall, business, {CLASS % 'wall'} as walls, {CLASS % 'business'} as businesses"
    heads = f"insert into {table} (days, day, {under}, {values})"
    # Put in order while the rows are narrow: the numbers of classes would make them twenty times as wide.
    facts = f"select day, {under}, wall, business from figure_fact order by day, {under} offset 0"
    days = f"select 1, day, {under}, {sums} from (select day, {under}, {classes} from ({facts}) o) f"
    connection.execute("set enable_hashagg = off")
    whole = f"{heads} {days} group by day, {under}".replace(":bounds", "%(bounds)s")
    connection.execute(whole, {"bounds": list(BOUNDS)})
    if table == "figure_length":
        together(connection, heads, table, "measure", sums)
    runs = (
        f"select r.days, {_first('day', 'r.')}, {under}, {sums} from {table} l cross join (values (7), (56)) as r(days)"
    )
    connection.execute(f"{heads} {runs} where l.days = 1 group by 1, 2, {under}")


def together(connection: psycopg.Connection[Any], into: str, table: str, by: str, sums: str) -> None:
    """Add the sums of all services and channels together."""
    days = "values (1)" if table == "figure_length" else "values (1), (7), (56)"
    heads = f"r.days, {_first('day', 'r.')}, {by}, department, '{EVERY}', '{EVERY}', confidential, {sums}"
    runs = f"{table} s cross join ({days}) as r(days) where measure <> all (array{list(NIGHTLY)})"
    connection.execute(f"{into} select {heads} from {runs} group by 1, 2, {by}, department, confidential")


def _first(day: str, run: str = "") -> str:
    return f"{day} - ({day} - date '0001-01-01') % {run}days"
