"""Widens a seeded folder: ten messages a case, and one sender with thousands of cases and 100,000 messages in one."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from cases import references
from cases.models.event import Happened, Head, link
from tests.bench import seed
from tests.bench.engines import SEEDED, Site

#: messages that each case gets beside the two it has; those of the one case; which cases become the sender's
MORE, MANY, EACH = 8, 100_000, 250
#: by the seed's numbers
SENDER = 77
WIDENED = ("message", "filing", "message_words", "outbox")
MARK = "widened"
#: words that are often said, each with the words as search compares them
_TEXTS = """
create temporary table said as select n, text, folded_words(text) as words from (
    select n, (array[%s])[1 + n %% 8] || ', house ' || n || ', ' || (array[%s])[1 + n / 8 %% 8] as text
      from generate_series(0, 999) n) t
"""
_TAKEN_OVER = """
create temporary table taken as select id from case_file where id %% %(each)s = 0;
update message m set thread_id = %(sender)s from filing f, taken t where f.case_id = t.id and m.id = f.message_id;
update party p set citizen_id = %(sender)s, address_id = %(sender)s from taken t where p.case_id = t.id;
update case_file c set thread_id = %(sender)s, citizen_id = %(sender)s from taken t where c.id = t.id
"""
_NEWEST = "select id, reference from case_file where thread_id = %s and status = 'open' order by id desc limit 1"
_MESSAGES = """
insert into message (id, thread_id, direction, channel, account, text, automatic, external_id, status, created_at)
select %(first)s + (f.id - 1) * %(more)s + k, f.thread_id, case when k %% 2 = 1 then 'in' else 'out' end, 'sms',
       f.account, s.text, k %% 2 = 0, 'wide-' || f.id || '-' || k,
       case when k %% 2 = 1 then 'received' else 'delivered' end,
       least(f.opened_at + k * interval '3 hours', now())
  from case_file f cross join generate_series(1, %(more)s) k
  join said s on s.n = (f.id * 7 + k) %% 1000
"""
_TO_ONE = """
insert into message (id, thread_id, direction, channel, account, text, automatic, external_id, status, created_at)
select %(first)s + k, f.thread_id, case when k %% 2 = 1 then 'in' else 'out' end, 'sms', f.account, s.text, k %% 2 = 0,
       'many-' || k, case when k %% 2 = 1 then 'received' else 'delivered' end,
       now() - interval '30 days' + k * interval '25 seconds'
  from case_file f cross join generate_series(1, %(many)s) k join said s on s.n = k %% 1000 where f.id = %(case)s
"""
_FILINGS = """
insert into filing (message_id, case_id, reason, detail, filed_at)
select m.id, case when m.id > %(one)s then %(case)s else (m.id - %(first)s - 1) / %(more)s + 1 end, 'recent', '',
       m.created_at from message m where m.id > %(first)s
"""
_WORDS = """
insert into message_words (id, words)
select m.id, s.words from message m join said s on s.text = m.text where m.id > %(first)s and not m.automatic
"""
_OUTBOX = """
insert into outbox (message_id, thread_id, account, via, recipient_kind, recipient, message_class, state,
                    client_reference, attempts, not_before, created_at, sent_at)
select m.id, m.thread_id, m.account, m.account, 'phone', a.value, 'answer', 'sent', 'wide-' || m.id, 1, m.created_at,
       m.created_at, m.created_at
  from message m join thread t on t.id = m.thread_id join address a on a.id = t.address_id
 where m.id > %(first)s and m.direction = 'out' and (m.id > %(one)s or (m.id - %(first)s) %% %(more)s = 0)
"""


@dataclass(frozen=True, slots=True)
class Wide:
    """What stands in a widened folder: how many messages, and the case of the one sender with its many."""

    messages: int
    case_id: int
    reference: str
    sender: str

    @property
    def written(self) -> str:
        """The reference as people write it."""
        return references.written(self.reference)


def folder(data: Path, cases: int, seeded: Callable[[], None]) -> Path:
    """Return the folder of so many cases that is to be widened: a copy, since the others measure what was seeded."""
    target = data / f"surge-{cases}"
    if not (target / SEEDED).exists():
        seeded()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(data / str(cases), target, symlinks=True)
    return target


def widen(site: Site, say: Callable[[str], None]) -> Wide:
    """Widen it, unless it is wide already."""
    mark = site.folder / MARK
    if not mark.exists():
        began = time.monotonic()
        with psycopg.connect(site.database.url.replace("+psycopg", ""), autocommit=True) as connection:
            found = _widened(connection, say)
        mark.write_text(json.dumps([found.messages, found.case_id, found.reference, found.sender]))
        say(f"surge    widened in {time.monotonic() - began:.0f} s")
    return Wide(*json.loads(mark.read_text()))


def _widened(connection: psycopg.Connection[Any], say: Callable[[str], None]) -> Wide:
    indexes = seed.without_indexes(connection, WIDENED)
    connection.execute("set synchronous_commit = off")
    texts = ", ".join(f"'{one}'" for one in seed.PHRASES)
    connection.execute(_TEXTS % (texts, texts))  # type: ignore[arg-type]
    # The newest of the sender's that is open: what they write next joins it.
    for one in _TAKEN_OVER.split(";"):
        connection.execute(one, {"each": EACH, "sender": SENDER})
    case_id, reference = _one(connection, _NEWEST, SENDER)
    (first,) = _one(connection, "select max(id) from message")
    (cases,) = _one(connection, "select count(*) from case_file")
    values = {"first": first, "more": MORE, "many": MANY, "case": case_id, "one": first + cases * MORE}
    connection.execute(_MESSAGES, values)
    connection.execute(_TO_ONE, {**values, "first": values["one"]})
    for name, statement in (("filings", _FILINGS), ("words", _WORDS), ("outbox", _OUTBOX)):
        say(f"surge    {name}")
        connection.execute(statement, values)
    _history(connection, case_id, values["one"])
    say("surge    indexes")
    for definition in indexes:
        connection.execute(definition)
    connection.execute("select setval('message_id_seq', (select max(id) from message))")
    connection.execute("vacuum analyze")
    (messages,) = _one(connection, "select count(*) from message")
    return Wide(messages, case_id, reference, seed.phone(SENDER))


def _history(connection: psycopg.Connection[Any], case_id: int, first: int) -> None:
    """Write the line of each message into the history of its case, chained as the product chains them."""
    seq, head = _one(connection, "select event_seq, event_head from case_file where id = %s", case_id)
    begun = datetime.now(UTC) - timedelta(days=1)
    values = {"reason": "recent", "detail": "", "channel": "sms"}
    said = (
        Happened("message_received", "citizen", values, message_id=first + n)
        if n % 2
        else Happened("acknowledged", "system", {}, message_id=first + n)
        for n in range(1, MANY + 1)
    )
    made = link(Head(case_id, seq, head), said, at=begun)
    rows: dict[str, list[str]] = {"event": []}
    put = seed.Put(rows)
    for row in made.events:
        put(
            "event", case_id, row["seq"], row["kind"], begun.isoformat(), row["actor"], row["message_id"],
            json.dumps(row["plain"]), row["previous_hash"], row["hash"],
        )  # fmt: skip
    seed.copied(connection, "event", "".join(rows["event"]))
    connection.execute(
        "update case_file set event_seq = %s, event_head = %s, last_message_id = %s, last_message_at = now(), "
        "updated_at = now(), version = version + 1 where id = %s",
        (made.head.seq, made.head.hash, first + MANY, case_id),
    )


def _one(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:
    return connection.execute(query, values).fetchone()  # type: ignore[call-overload]
