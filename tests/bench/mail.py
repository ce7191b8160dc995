"""Mails from their bytes to stored and applied, beside parsing alone and the bare SQL of the same rows."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from cases.base import Base
from channels.base import Parcel
from contactcentre.container import Container
from contactcentre.parcels import Inbox
from tests.bench.engines import Site
from tests.bench.figures import Figure, Report
from tests.factories import TEST_CITY
from tests.integration.mailboxes import ACCOUNT, BLOCK, OURS
from workers import deliver, read

COUNT = int(os.environ.get("BENCH_MAILS", "500"))
_QUOTED = "On Mon, 2 Mar 2026 at 10:13, Desk <desk@northport.example> wrote:\n" + "> We will see to it soon.\n" * 12
_WORDS = "The gutter behind house {number} is full again, and the road is under water after every rain.\n" * 6
Rows = dict[str, list[list[str | None]]]


def city(folder: Path) -> Path:
    """Make the test city with a mailbox."""
    place = folder / "city"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(TEST_CITY, place, ignore=shutil.ignore_patterns("__pycache__"))
    desk = place / "departments" / "front-desk.toml"
    desk.write_text(desk.read_text() + BLOCK.format(port=9))
    return place


def letter(number: int) -> bytes:
    """Return a stranger's mail; two of three are in text and HTML, every tenth has a picture of 60 KB."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Ama Demo <ama{number}@example.com>", OURS, f"Gutter {number}"
    made["Message-ID"], made["Date"] = f"<{number}@example.com>", "Mon, 02 Mar 2026 10:12:00 +0000"
    words = _WORDS.format(number=number)
    made.set_content(f"{words}\n{_QUOTED}")
    if number % 3:
        made.add_alternative(f"<html><body><p>{words}</p><blockquote>{_QUOTED}</blockquote></body></html>", "html")
    if number % 10 == 0:
        picture = b"\x89PNG\r\n\x1a\n" + number.to_bytes(4) + os.urandom(60_000)
        made.add_attachment(picture, maintype="image", subtype="png", filename="gutter.png")
    return made.as_bytes(policy=policy.SMTP)


def run(site: Site, report: Report) -> None:
    """Measure; the ratio is to a program that parses and writes rows and does nothing else."""
    deliver.use(site.container)
    _taken_and_read(site.container, [letter(n) for n in range(20)], first=1_000_000)
    before = _rows(site)
    mails = [letter(number) for number in range(100, 100 + COUNT)]
    stored, applied = _taken_and_read(site.container, mails, first=1)
    parsed = _timed(lambda: [_parse(one) for one in mails])
    rows = _new(_rows(site), before)
    written = _timed(lambda: _write(site, rows))
    _drop(site, rows)
    parsing, bare = Figure("bare parsing", COUNT / parsed), Figure("bare SQL", COUNT / written)
    both = Figure("both together", COUNT / (parsed + written))
    size = sum(map(len, mails)) // COUNT
    report.show("mail", Figure(f"{COUNT} mails of {size} bytes stored", COUNT / stored))
    report.show("mail", Figure("read and applied", COUNT / applied), parsing, bare)
    report.show("mail", Figure("stored, read and applied", COUNT / (stored + applied)), both)


def _taken_and_read(container: Container, mails: list[bytes], *, first: int) -> tuple[float, float]:
    inbox = Inbox(container, ACCOUNT)

    def take() -> None:
        for number, one in enumerate(mails, first):
            inbox.take(Parcel(f"1.{number}", "1", io.BytesIO(one)))

    def work() -> None:
        left = len(mails)
        while left:
            done = read.read(ACCOUNT)
            assert done, "what waits is read"
            left -= done

    return _timed(take), _timed(work)


def _parse(content: bytes) -> tuple[Any, ...]:
    """Parse and take out what any reader needs: who, about what, the words."""
    made: EmailMessage = message_from_bytes(content, policy=policy.default)  # type: ignore[assignment]
    return made["From"], made["Subject"], [one.get_content() for one in made.walk() if not one.is_multipart()]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _connected(site: Site) -> psycopg.Connection[Any]:
    return psycopg.connect(site.settings.database_url.replace("+psycopg", ""))


def _rows(site: Site) -> Rows:
    """Return every row of every table as text, so that it can be written again as it is."""
    found: Rows = {}
    with _connected(site) as connection:
        for name in Base.metadata.tables:
            columns = [sql.SQL("{}::text").format(sql.Identifier(one)) for one in _columns(connection, name)]
            query = sql.SQL("select {} from {} order by ctid").format(sql.SQL(", ").join(columns), sql.Identifier(name))
            found[name] = [list(row) for row in connection.execute(query).fetchall()]
    return found


def _columns(connection: psycopg.Connection[Any], name: str) -> list[str]:
    query = (
        "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s "
        "and is_generated = 'NEVER' order by ordinal_position"
    )
    return [row[0] for row in connection.execute(query, (name,)).fetchall()]


def _new(rows: Rows, before: Rows) -> Rows:
    """Return the rows that the mails made: those of tables that get some for each of them."""
    old = {name: {tuple(row) for row in some} for name, some in before.items()}
    fresh = {name: [row for row in some if tuple(row) not in old[name]] for name, some in rows.items()}
    return {name: some for name, some in fresh.items() if len(some) >= COUNT // 20}


def _write(site: Site, rows: Rows) -> None:
    """Write the rows into tables of the same form: each mail is stored, committed, then what follows from it."""
    with _connected(site) as connection:
        inserts = {name: _insert(connection, name) for name in rows}
        connection.commit()
        names = [name for name in rows if name != "raw_request"]
        for number in range(COUNT):
            for part in (["raw_request"], names):
                for name in part:
                    every = rows[name]
                    for row in every[number * len(every) // COUNT : (number + 1) * len(every) // COUNT]:
                        connection.execute(inserts[name], row)
                if part is names:
                    connection.execute("update bare_raw_request set state = 'applied' where id = %s", (number,))
                connection.commit()


def _insert(connection: psycopg.Connection[Any], name: str) -> sql.Composed:
    bare, columns = sql.Identifier(f"bare_{name}"), _columns(connection, name)
    connection.execute(sql.SQL("create table {} (like {} including all)").format(bare, sql.Identifier(name)))
    places = sql.SQL(", ").join([sql.Placeholder()] * len(columns))
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("insert into {} ({}) overriding system value values ({})").format(bare, named, places)


def _drop(site: Site, rows: Rows) -> None:
    with _connected(site) as connection:
        for name in rows:
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(f"bare_{name}")))
