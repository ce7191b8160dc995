"""Fills a data folder with cases as intake would have made them, histories included, by COPY."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any, cast

import psycopg

from cases.models.event import Happened, Head, link
from cases.references import References
from cases.sla.policy import Target, Unit
from cases.sla.terms import Terms, frozen
from cases.sla.timers import counted_by
from tests.bench.engines import SEEDED, Site

CHUNK = 20_000
#: how many cases one number has opened, on average
CASES_PER_CITIZEN = 4
PHRASES = (
    "the gutter at our market is full and smells bad since sunday",
    "please come and clean it",
    "there is no light in our street again and children fall at night",
    "water stands on the road after rain",
    "the bin was not lifted this week",
    "who do we pay at the lorry park",
    "where can i get the form for a permit",
    "thank you",
)
STATES = (("open", 0.25), ("new", 0.15), ("waiting_on_citizen", 0.1), ("resolved", 0.2), ("closed", 0.3))
TABLES: dict[str, tuple[str, ...]] = {
    "address": ("id", "kind", "value", "created_at"),
    "citizen": ("id", "created_at"),
    "citizen_address": ("citizen_id", "address_id", "evidence", "linked_at"),
    "thread": ("id", "address_id", "created_at"),
    "raw_request": (
        *("account", "event", "dedupe_key", "method", "url", "headers", "body", "state", "attempts"),
        *("received_at", "applied_at"),
    ),
    "message": (
        *("id", "thread_id", "direction", "channel", "account", "text", "automatic", "external_id", "status"),
        "created_at",
    ),
    "case_file": (
        *("id", "reference", "code_hash", "family", "department", "status", "outcome", "subject", "channel", "account"),
        *("thread_id", "citizen_id", "routing", "event_seq", "event_head", "last_speaker", "last_message_id"),
        *("last_message_at", "due_kind", "due_at", "opened_at", "updated_at", "resolved_at"),
    ),
    "party": ("case_id", "citizen_id", "address_id", "role", "since"),
    "filing": ("message_id", "case_id", "reason", "detail", "filed_at"),
    "timer": (
        *("case_id", "kind", "state", "policy", "started_at", "due_at", "next_wake_at", "met_at", "breached_at"),
        "ended_at",
    ),
    "event": (
        *("case_id", "seq", "kind", "at", "actor", "message_id", "plain", "previous_hash", "hash"),
    ),
}  # fmt: skip
#: what the database would keep of each row by itself, if the rows came one by one
WORDS = {
    "message_words": "select id, folded_words(text) from message where not automatic",
    "case_words": "select id, folded_words((subject || ' ') || coalesce(routing ->> 'place', '')) from case_file",
}
Rows = dict[str, list[str]]


def seed(site: Site, cases: int, say: Callable[[str], None]) -> float:
    """Add ``cases`` cases to an empty site; returns the seconds that it took."""
    began = time.monotonic()
    with psycopg.connect(site.settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        indexes = without_indexes(connection, [*TABLES, *WORDS])
        connection.execute("set synchronous_commit = off")
        for count, texts in enumerate(_chunks(_spec(site, cases)), 1):
            for table, lines in texts.items():
                copied(connection, table, lines)
            if count % 5 == 0:
                say(f"  {min(count * CHUNK, cases):>9} cases after {time.monotonic() - began:.0f} s")
        for table, words in WORDS.items():
            connection.execute(f"insert into {table} (id, words) {words}")
        for definition in indexes:
            connection.execute(definition)
        _set_sequences(connection)
        connection.execute("vacuum analyze")
    (site.folder / SEEDED).write_text(str(cases))
    return time.monotonic() - began


def without_indexes(connection: psycopg.Connection[Any], tables: Sequence[str]) -> list[str]:
    """Drop what would be kept up to date row by row; returns the definitions to make it again."""
    connection.execute("set session_replication_role = replica")  # foreign keys are true by construction
    found = connection.execute(
        "select c.relname, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid "
        "join pg_class t on t.oid = i.indrelid where t.relname = any(%s) "
        "and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)",
        ([*tables],),
    ).fetchall()
    for name, _ in found:
        connection.execute(f'drop index "{name}"')
    return [definition for _, definition in found]


def copied(connection: psycopg.Connection[Any], table: str, lines: str) -> None:
    """Write lines as COPY reads them into a table."""
    columns = ", ".join(f'"{name}"' for name in TABLES[table])
    with connection.cursor().copy(f'copy "{table}" ({columns}) from stdin') as copy:
        copy.write(lines)


def _set_sequences(connection: psycopg.Connection[Any]) -> None:
    for table in ("address", "citizen", "thread", "message", "case_file"):
        connection.execute(f"select setval('{table}_id_seq', (select max(id) from \"{table}\"))")
    connection.execute("select setval('reference_number', (select count(*) from case_file))")


@dataclass(frozen=True)
class Spec:
    """What the maker of rows must know; it works in a process of its own while the last rows are written."""

    cases: int
    start: datetime
    references: References
    account: str
    department: str


def _spec(site: Site, cases: int) -> Spec:
    city = site.container.city
    assert city.references is not None
    account = next(iter(city.accounts.values()))
    start = datetime.now(UTC) - timedelta(days=365)
    return Spec(cases, start, city.references, account.id, account.department or next(iter(city.departments)))


def _chunks(spec: Spec) -> Iterator[dict[str, str]]:
    """Yield the text of each table, some thousand cases at a time, one chunk ahead of its reader."""
    firsts = range(1, spec.cases + 1, CHUNK)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        ahead = deque(pool.submit(_chunk, spec, first) for first in firsts[:2])
        for first in [*firsts[2:], None, None][: len(firsts)]:
            made = ahead.popleft().result()
            if first is not None:
                ahead.append(pool.submit(_chunk, spec, first))
            yield made


def _chunk(spec: Spec, first: int) -> dict[str, str]:
    rows: Rows = {table: [] for table in TABLES}
    make = _Maker(spec, first)
    for number in range(first, min(first + CHUNK, spec.cases + 1)):
        make.case(rows, number)
    return {table: "".join(lines) for table, lines in rows.items()}


class _Maker:
    """Makes one case after the other, with rows as COPY reads them. The same number makes the same case."""

    def __init__(self, spec: Spec, first: int) -> None:
        self.random = random.Random(first)
        self.start, self.step = spec.start, timedelta(days=364) / max(spec.cases, 1)
        self.references, self.account, self.department = spec.references, spec.account, spec.department
        self.citizens = max(spec.cases // CASES_PER_CITIZEN, 1)

    def case(self, rows: Rows, number: int) -> None:
        citizen = (number - 1) % self.citizens + 1
        at = self.start + self.step * number
        if number <= self.citizens:
            self._citizen(rows, citizen, at)
        said, told = 2 * number - 1, 2 * number
        status = self._status()
        text = ", ".join(self.random.choices(PHRASES, k=self.random.randint(1, 4)))
        due = at + timedelta(hours=24)
        ended = status in ("resolved", "closed")
        done = (at + timedelta(hours=self.random.randint(1, 200))).isoformat() if ended else None
        wake = None if ended or due < datetime.now(UTC) else due.isoformat()
        state = "ended" if ended else "running" if wake else "breached"
        history = link(Head(number), [*self._happened(said, told, at, due), *_since(state, due, done)], at=at)
        reference = self.references.reference(number)
        stamp, account = at.isoformat(), self.account
        put = Put(rows)
        put(
            "raw_request",
            account,
            "incoming",
            f"id:seed-{number}",
            "POST",
            "/hooks/seed",
            _EMPTY,
            text,
            "applied",
            1,
            stamp,
            stamp,
        )
        put("message", said, citizen, "in", "sms", account, text, "f", f"seed-{number}", "received", stamp)
        put(
            "message",
            told,
            citizen,
            "out",
            "sms",
            account,
            "We have your message.",
            "t",
            f"out-{number}",
            "delivered",
            stamp,
        )
        put(
            "case_file", number, reference, "-", "complaint", self.department, status,
            "answered" if ended else None, text[:80], "sms", account, citizen, citizen, _ROUTED,
            history.head.seq, history.head.hash, "citizen", told, stamp, None if ended else "first_response",
            None if ended else due.isoformat(), stamp, stamp, done,
        )  # fmt: skip
        put("party", number, citizen, citizen, "requester", stamp)
        put("filing", said, number, "opened", "", stamp)
        put("filing", told, number, "acknowledgement", "", stamp)
        late = due.isoformat() if state == "breached" else None
        put("timer", number, "first_response", state, _POLICY, stamp, due.isoformat(), wake, None, late, done)
        for row in history.events:
            put(
                "event", number, row["seq"], row["kind"], stamp, row["actor"], row["message_id"],
                json.dumps(row["plain"]), row["previous_hash"], row["hash"],
            )  # fmt: skip

    def _citizen(self, rows: Rows, citizen: int, at: datetime) -> None:
        put, stamp = Put(rows), at.isoformat()
        put("address", citizen, "phone", phone(citizen), stamp)
        put("citizen", citizen, stamp)
        put("citizen_address", citizen, citizen, "first_message", stamp)
        put("thread", citizen, citizen, stamp)

    def _status(self) -> str:
        return cast(str, self.random.choices([one for one, _ in STATES], [share for _, share in STATES])[0])

    def _happened(self, said: int, told: int, at: datetime, due: datetime) -> tuple[Happened, ...]:
        promised = {"timer": "first_response", "instance": 1, "due_at": due.isoformat(), **counted_by(_TERMS, at)}
        return (
            Happened("opened", "citizen", {"channel": "sms", "account": self.account, "reason": ""}, message_id=said),
            Happened("routed", "system", {"department": self.department, "rule": "seed", "reason": ""}),
            Happened("timer_started", "system", promised),
            Happened("acknowledged", "system", {}, message_id=told),
        )


def _since(state: str, due: datetime, done: str | None) -> Iterator[Happened]:
    """Yield what became of the promise."""
    timer = {"timer": "first_response", "instance": 1}
    if state == "breached":
        yield Happened("timer_breached", "system", {**timer, "due_at": due.isoformat()})
    if state == "ended":
        yield Happened("timer_ended", "system", {**timer, "why": "resolved", "at": done})


class Put:
    """Appends one line for COPY."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __call__(self, table: str, *values: Any) -> None:
        self._rows[table].append("\t".join(map(_field, values)) + "\n")


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return value.replace("\\", "\\\\") if isinstance(value, str) else str(value)


def phone(citizen: int) -> str:
    """Return the number of a seeded citizen."""
    return f"+23324{citizen:07d}"


_ROUTED = '{"rule": "seed", "reason": ""}'
_EMPTY = '{"headers": {}, "query": {}, "form": {}}'
_TERMS = Terms("standard", 0, Target(24, Unit.ELAPSED), "always-open")
_POLICY = frozen(_TERMS)
