"""One sender, one case with very many of everything: no read of a request goes through more of it than it shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from cases.models import (
    Address,
    Attachment,
    Case,
    Citizen,
    Event,
    Filing,
    Message,
    OutboxEntry,
    Party,
    Read,
    StoredFile,
    Task,
    Thread,
    Timer,
)
from cases.permissions import Viewer
from cases.queries import case as case_query
from cases.queries import citizen, duplicates, filing, messages, queue, waiting, wanted_calls
from cases.queries import reads as read_log
from cases.queries.queue import QueueFilter
from contactcentre import health
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import make_agent, phone, say
from tests.integration.rows_read import many, most_read

#: of each kind, and how many rows of a table one statement may go through; others have eight times as much
COUNT, BOUND = 3000, 2000
ALL = QueueFilter(view="all")


@pytest.fixture
def crowded(container: Container, db: Database) -> tuple[Viewer, Case, int, str]:
    """A case with very many of everything, whose citizen has as many cases; and a colleague."""

    def work(uow: object) -> tuple[Viewer, Case, int, str]:
        session: Session = uow.session  # type: ignore[attr-defined]
        ours, theirs = (say(session, container.city, "The gutter is choked", sender=phone(number)) for number in (1, 2))
        other = session.get_one(Case, theirs.case_id)
        other.department = "harbour-works"
        session.flush()
        case, said = session.get_one(Case, ours.case_id), int(ours.message_id or 0)
        _once(session, case)
        _crowd(session, said, COUNT, after=10_000_000, spread=False)
        _crowd(session, int(theirs.message_id or 0), 8 * COUNT, after=20_000_000, spread=True)
        return make_agent(session, "Ama", ("supervisor", "*")), case, said, other.reference

    made = db.run(work)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))
    return made


def _crowd(session: Session, said: int, count: int, *, after: int, spread: bool) -> None:
    """Add very many of everything beside a message and its case: their own, or each somebody else's, which is newer."""
    filing = session.scalars(select(Filing).where(Filing.message_id == said)).one()
    case, own = session.get_one(Case, filing.case_id), f"{after} + n"
    thread, citizen, of_case = (own, own, own) if spread else (str(case.thread_id), str(case.citizen_id), str(case.id))
    # What no person wrote costs no index of words, and whom it would lead to nobody asks.
    session.execute(text("set local session_replication_role = replica"))
    message = {"thread_id": thread, "automatic": str(spread).lower(), "external_id": f"'many-' || ({own})"}
    if spread:
        many(session, Citizen, count, like=case.citizen_id, id=own)
        many(session, Thread, count, like=case.thread_id, id=own, address_id=own)
        address = session.scalars(select(Thread.address_id).where(Thread.id == case.thread_id)).one()
        many(session, Address, count, like=address, id=own, value=f"'+23327' || ({own})")
    many(session, Message, count, like=said, id=own, **message)
    many(session, Filing, count, like=filing.id, id=own, message_id=own, case_id=of_case)
    many(session, Event, count, like=_first(session, Event, case), id=own, seq="1000 + n", case_id=of_case)
    many(session, Attachment, count, like=_file(session, case, said), id=own, case_id=of_case)
    many(session, Case, count, like=case.id, id=own, reference=f"({own})::text", citizen_id=citizen, thread_id=thread)
    many(session, Timer, count, like=_first(session, Timer, case), id=own, case_id=own)
    many(session, Party, count, like=_first(session, Party, case), id=own, case_id=own, citizen_id=citizen)
    entry = session.scalars(select(OutboxEntry.id).limit(1)).one()
    many(session, OutboxEntry, count, like=entry, id=own, message_id=own, client_reference=f"({own})::text")


def _first(session: Session, model: type[Event | Timer | Party], case: Case) -> int:
    return session.scalars(select(model.id).where(model.case_id == case.id).order_by(model.id).limit(1)).one()


def _file(session: Session, case: Case, said: int) -> int:
    at, content = case.opened_at, f"{said:064}"
    session.add(StoredFile(sha256=content, size=1, media_type="image/png", created_at=at))
    session.flush()
    file = Attachment(case_id=case.id, message_id=said, sha256=content, name="a.png", added_at=at)
    session.add(file)
    session.flush()
    return file.id


def _once(session: Session, case: Case) -> None:
    """Add what is there once: a call back, a look at the record, and a phone that several use."""
    task = {"kind": "call_back", "title": "Call them", "state": "open", "created_by": "system"}
    session.add(Task(case_id=case.id, created_at=case.opened_at, **task))
    session.execute(update(Address).values(shared_at=case.opened_at))
    session.add(Read(at=case.opened_at, actor="agent:1", kind="record", citizen_id=case.citizen_id))


def test_no_read_goes_through_everything_that_one_sender_has(
    crowded: tuple[Viewer, Case, int, str], container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 1000)
    viewer, case, said, other = crowded
    city, reference = container.city, case.reference
    reads: dict[str, Callable[[Session], object]] = {
        "the page of the case": lambda session: case_query.load(session, viewer, reference, city=city),
        "what can be split off": lambda session: filing.movable(session, viewer, reference),
        "where a message belongs": lambda session: filing.movable(session, viewer, reference, message_id=said),
        "the record of the citizen": lambda session: citizen.load(session, viewer, case.citizen_id, city=city),
        "a message by its number at the gateway": lambda session: messages.by_external_id(
            session, viewer, external_id="many-10000007", accounts=list(city.accounts)
        ),
    }

    def of(read: Callable[[Session], object]) -> dict[str, int]:
        def work() -> None:
            with db.reader() as session:
                assert read(session)

        return most_read(db.engine, work)

    auditor, elsewhere = (
        db.run(lambda uow, role=role: make_agent(uow.session, "Esi", role))  # type: ignore[misc]
        for role in (("auditor", "*"), ("agent", "harbour-works"))
    )
    reads |= {
        "the log of reads": lambda session: read_log.page(session, auditor, read_log.ReadFilter()).items,
        "who wants to be called": lambda session: wanted_calls.call_backs(session, viewer),
        "all cases of a small department": lambda session: (queue.page(session, elsewhere, ALL),),
        "what may be the same": lambda session: (duplicates.suggest(session, viewer, other),),
    }
    found = {name: of(read) for name, read in reads.items()}
    found["health"] = most_read(db.engine, lambda: health.look(container))
    for name in ("what can be split off", "where a message belongs"):
        found[name].pop("case_file")  # one sender has a tenth of all here: past all the others is then the shorter way
    over = {name: {table: rows for table, rows in read.items() if rows > BOUND} for name, read in found.items()}
    assert {name: tables for name, tables in over.items() if tables} == {}
    assert all(found.values()), "the plans were really looked at"
