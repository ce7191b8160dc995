"""One sender, one case with very many of everything: no read of a request goes through more of it than it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cases.models import (
    Attachment,
    Case,
    Event,
    Filing,
    Message,
    OutboxEntry,
    Party,
    StoredFile,
)
from cases.permissions import Viewer
from cases.queries import case as case_query
from cases.queries import citizen, filing, messages, waiting
from contactcentre import health
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import make_agent, phone, say
from tests.integration.rows_read import many, most_read

#: of each kind, and how many rows of a table one statement may go through
COUNT, BOUND = 5000, 3000


@pytest.fixture
def crowded(container: Container, db: Database) -> tuple[Viewer, Case, int]:
    """A case with very many of everything, whose citizen has as many cases; and a colleague."""

    def work(uow: object) -> tuple[Viewer, Case, int]:
        session: Session = uow.session  # type: ignore[attr-defined]
        received = say(session, container.city, "The gutter is choked", sender=phone(1))
        say(session, container.city, "Another matter of somebody else", sender=phone(2))
        case, said = session.get_one(Case, received.case_id), int(received.message_id or 0)
        _crowd(session, case, said)
        return make_agent(session, "Ama", ("supervisor", "*")), case, said

    made = db.run(work)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))
    return made


def _crowd(session: Session, case: Case, said: int) -> None:
    of_case = select(Filing.id).where(Filing.message_id == said)
    many(session, Message, COUNT, like=said, external_id="'many-' || n")
    many(session, Filing, COUNT, like=session.scalars(of_case).one(), message_id=f"{said} + 1000000 + n")
    first = session.scalars(select(Event.id).where(Event.case_id == case.id).order_by(Event.id).limit(1)).one()
    many(session, Event, COUNT, like=first, seq="1000 + n")
    session.add(StoredFile(sha256="0" * 64, size=1, media_type="image/png", created_at=case.opened_at))
    session.flush()
    file = Attachment(case_id=case.id, message_id=said, sha256="0" * 64, name="a.png", added_at=case.opened_at)
    session.add(file)
    session.flush()
    many(session, Attachment, COUNT, like=file.id)
    many(session, Case, COUNT, like=case.id, reference="(10000000 + n)::text")
    party = session.scalars(select(Party).where(Party.case_id == case.id)).one()
    many(session, Party, COUNT, like=party.id, case_id="1000000 + n + " + str(case.id))
    entry = session.scalars(select(OutboxEntry).limit(1)).one()
    many(session, OutboxEntry, COUNT, like=entry.id, message_id="2000000 + n", client_reference="'many-' || n")


def test_no_read_goes_through_everything_that_one_sender_has(
    crowded: tuple[Viewer, Case, int], container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 1000)
    viewer, case, said = crowded
    city, reference = container.city, case.reference
    reads: Mapping[str, Callable[[Session], object]] = {
        "the page of the case": lambda session: case_query.load(session, viewer, reference, city=city),
        "what can be split off": lambda session: filing.movable(session, viewer, reference),
        "where a message belongs": lambda session: filing.movable(session, viewer, reference, message_id=said),
        "the record of the citizen": lambda session: citizen.load(session, viewer, case.citizen_id, city=city),
        "a message by its number at the gateway": lambda session: messages.by_external_id(
            session, viewer, external_id="many-7", accounts=list(city.accounts)
        ),
    }

    def of(read: Callable[[Session], object]) -> Mapping[str, int]:
        def work() -> None:
            with db.reader() as session:
                assert read(session)

        return most_read(db.engine, work)

    found = {name: of(read) for name, read in reads.items()}
    found["health"] = most_read(db.engine, lambda: health.look(container))
    over = {name: {table: rows for table, rows in read.items() if rows > BOUND} for name, read in found.items()}
    assert {name: tables for name, tables in over.items() if tables} == {}
    assert all(read["case_file"] for name, read in found.items() if name != "health"), "the plans were really looked at"
