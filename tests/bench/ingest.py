"""SMS callbacks through HTTP to committed case, acknowledgement and timer, beside the bare rows' transaction.

Two limits: the rows written statement after statement, and the product's own two statements run by the bare driver.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from cases import arrivals, intake, writes
from cases.messages import Address, AddressKind, InboundMessage
from contactcentre.cli.accounts import hooks
from tests.bench import engines, load
from tests.bench.engines import Site
from tests.bench.figures import Figure, Report

ACCOUNT = "sms-front"
CLIENTS = (1, 8)
#: operations in one measurement
COUNT = int(os.environ.get("BENCH_COUNT", "3000"))
_run = f"{time.time_ns():x}"
_numbers = itertools.count(1)
#: operators' codes of numbers that the seed does not use
OPERATORS = (20, 26, 27, 50, 54, 55, 56, 57, 59)
# A seeded folder serves many runs: each begins elsewhere, so that its strangers are strangers.
_strangers = itertools.count(random.randrange(len(OPERATORS) * 10_000_000))


@dataclass(frozen=True)
class Kind:
    """New cases from strangers, or further messages in old threads."""

    name: str
    sender: Callable[[], str]
    #: whether the statements of one message can be run again for another, which they can where nothing is read first
    bare: bool = False


def run(site: Site, report: Report, *, threads: int | None = None) -> None:
    """Measure new cases and follow-ups with one and eight clients, each beside its limits."""
    old = iter(_old_threads(site))
    kinds = [Kind("new case", _stranger, bare=True)]
    if site.cases:
        kinds.append(Kind("follow-up", lambda: next(old)))
    path = "/" + hooks(site.container, ACCOUNT)["incoming"].split("/", 3)[3]
    with engines.web(site, threads=threads) as address:
        for kind in kinds:
            load.post("warm-up", address, path, [_form(kind) for _ in range(300)], clients=8)
            for clients in CLIENTS:
                words = f"{kind.name}, {site.cases} cases, {clients} client{'s' if clients > 1 else ''}"
                figure = load.post(words, address, path, [_form(kind) for _ in range(COUNT)], clients=clients)
                report.show("ingest", figure, *(limits(site, kind, clients) if kind.bare else ()))


def limits(site: Site, kind: Kind, clients: int) -> tuple[Figure, Figure]:
    """Measure the bare driver on the same rows: the product's statements, then one statement a row."""
    template = _Template(site, kind)
    return (
        _bare("same statements bare", site, template.together, kind, clients),
        _bare("statement after statement", site, template.one_by_one, kind, clients),
    )


def _stranger() -> str:
    operator, number = divmod(next(_strangers), 10_000_000)
    return f"+233{OPERATORS[operator % len(OPERATORS)]}{number:07d}"


def _form(kind: Kind) -> dict[str, str]:
    number = next(_numbers)
    return {
        "linkId": "", "text": f"The gutter behind house {number} is full again, please send somebody", "to": "1422",
        "id": f"bench-{_run}-{number}", "date": "2026-03-02 10:12:00", "from": kind.sender(), "networkCode": "62002",
        "cost": "GHS 0.0000",
    }  # fmt: skip


def _old_threads(site: Site) -> Iterator[str]:
    """Yield numbers with a single open case, each once, from all over the table."""
    query = (
        "select a.value from address a join thread t on t.address_id = a.id join case_file f on f.thread_id = t.id "
        "where f.status not in ('resolved', 'closed') group by a.value, a.id having count(*) = 1 "
        "and max(f.id) <= %s and max(f.version) = 1 and bool_and(f.status in ('open', 'new')) "
        "order by md5(a.id::text) limit 60000"
    )
    with psycopg.connect(site.settings.database_url.replace("+psycopg", "")) as connection:
        yield from (value for (value,) in connection.execute(query, (site.cases,)).fetchall())


class _Template:
    """The product's statements for one message, captured as it runs them, to be run again with fresh values."""

    def __init__(self, site: Site, kind: Kind) -> None:
        self._site, self._kind = site, kind
        self._captured: list[tuple[bytes, list[str | None]]] = []
        self._marks = self._capture()
        self._plans = [(statement, self._plan(statement, values)) for statement, values in self._captured]
        self._parts = [_split(statement) for statement, _ in self._captured]

    def together(self, connection: psycopg.Connection[Any], sender: str, number: int) -> None:
        """Run what the product runs: find out, then write everything in one statement."""
        row = self._arrive(connection, sender, number)
        for statement, plan in self._plans:
            with psycopg.RawCursor(connection) as cursor:
                cursor.execute(statement, self._fresh(plan, row, sender, number)).fetchone()
        connection.commit()

    def one_by_one(self, connection: psycopg.Connection[Any], sender: str, number: int) -> None:
        """Write the same rows, each with a statement of its own."""
        row = self._arrive(connection, sender, number)
        for (_, plan), parts in zip(self._plans, self._parts, strict=True):
            fresh = self._fresh(plan, row, sender, number)
            for one, count in parts:
                with psycopg.RawCursor(connection) as cursor:
                    cursor.execute(one, fresh[:count])
                fresh = fresh[count:]
        connection.commit()

    def _arrive(self, connection: psycopg.Connection[Any], sender: str, number: int) -> Any:
        lock, unique = arrivals._lock_number(Address(AddressKind.PHONE, sender)), f"bare-{_run}-{number}"
        values = (lock, "phone", sender, ACCOUNT, unique, "incoming", f"id:{unique}", None, 5, 20, "", None)
        statement = "select * from arrive(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        return connection.execute(statement, values).fetchone()

    def _capture(self) -> dict[str, str]:
        """Run one message through the domain, without keeping it; returns what stands for what in its values."""
        real, sender, mark = writes.ask, self._kind.sender(), f"mark-{_run}-{next(_numbers)}"
        marks: dict[str, str] = {mark: "external_id", f"id:{mark}": "raw_key", sender: "sender"}

        def noting(session: Session, statement: bytes, values: Sequence[Any]) -> tuple[Any, ...]:
            self._captured.append((statement, list(values)))
            return real(session, statement, values)

        def work(session: Session) -> None:
            inbound = InboundMessage(
                ACCOUNT,
                "sms",
                Address(AddressKind.PHONE, sender),
                "1422",
                "The gutter is full again, please come",
                mark,
            )
            row = {"account": ACCOUNT, "event": "incoming", "dedupe_key": f"id:{mark}", "method": "POST", "url": "/h"}
            row |= {"headers": {"headers": {}, "query": {}, "form": {}}, "body": b"x" * 250, "state": "applied"}
            raw = arrivals.Raw(ACCOUNT, "incoming", f"id:{mark}", {**row, "attempts": 1})
            found = intake.receive(session, inbound, city=self._site.container.city, raw=raw)
            assert found.message_id and found.case_id
            marks[str(found.message_id)] = "message_id"
            marks[str(found.message_id + 1)] = "reply_id"
            marks[str(found.case_id)] = "case_id"

        writes.ask = noting
        try:
            with Session(self._site.container.db.engine) as session:
                work(session)
        finally:
            writes.ask = real
        return marks

    def _fresh(self, plan: list[tuple[str, str | None]], row: Any, sender: str, number: int) -> list[str | None]:
        known = dict(zip(_ARRIVED, row, strict=True))
        unique = f"bare-{_run}-{number}"
        known |= {"external_id": unique, "raw_key": f"id:{unique}", "sender": sender}
        return [
            value if not name else f"{value}-{unique}" if name == "unique" else str(known[name]) for name, value in plan
        ]

    def _plan(self, statement: bytes, values: list[str | None]) -> list[tuple[str, str | None]]:
        """Return, for each parameter, what it stands for (nothing: itself) and what it was."""
        columns = _columns_of(statement.decode())
        return [(self._name(column, value), value) for column, value in zip(columns, values, strict=True)]

    def _name(self, column: str, value: str | None) -> str:
        if value in self._marks:
            return self._marks[value]
        table, _, name = column.partition(".")
        if name == "id" and table in ("address", "citizen", "thread"):
            return f"{table}_id"
        if name in ("address_id", "citizen_id", "thread_id"):
            return name
        if name in ("reference", "client_reference"):
            return "unique"
        return ""


_ARRIVED = (
    *("at", "repeated", "is_new", "address_id", "citizen_id", "thread_id", "language", "opted_out", "message_id"),
    *("reply_id", "case_id", "number", "automatic", "candidates"),
)


def _columns_of(statement: str) -> list[str]:
    """Return table.column of every parameter of a statement of gathered rows."""
    found: list[str] = []
    for table, names, rows in re.findall(
        r'insert into "(\w+)" \(([^)]*)\) values (.*?)\)(?=, \w+ as|\s+select)', statement
    ):
        columns = [name.strip().strip('"') for name in names.split(",")]
        found += [f"{table}.{column}" for _ in range(rows.count("(")) for column in columns]
    return found


def _split(statement: bytes) -> list[tuple[bytes, int]]:
    """Return one statement a row, each with the number of its parameters, for a statement of gathered rows."""
    text, found = statement.decode(), []
    pattern = r'insert into "(\w+)" \(([^)]*)\) values (.*?)\)(?=, \w+ as|\s+select)'
    for table, names, rows in re.findall(pattern, text):
        count = len(names.split(","))
        places = ", ".join(f"${n}" for n in range(1, count + 1))
        one = f'insert into "{table}" ({names}) values ({places})'.encode()
        found += [(one, count)] * rows.count("(")
    return found


def _bare(name: str, site: Site, work: Callable[..., None], kind: Kind, clients: int) -> Figure:
    url = site.settings.database_url.replace("+psycopg", "")
    jobs = [(kind.sender(), next(_numbers)) for _ in range(COUNT)]

    def client(part: list[tuple[str, int]]) -> None:
        with psycopg.connect(url) as connection:
            for sender, number in part:
                work(connection, sender, number)

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        list(pool.map(client, [jobs[n::clients] for n in range(clients)]))  # raises what a client has raised
        return Figure(name, COUNT / (time.perf_counter() - began))
