"""Messages on their way out: written by hand, claimed and looked at, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from cases import clock, outbox
from cases.brakes import NO_CAPS, Caps
from cases.clock import TestClock, set_test_clock
from cases.messages import Address
from cases.models import Address as AddressRow
from cases.models import Message, OutboxEntry, Thread
from cases.outbox import Claimed, Draft, MessageClass
from cases.writes import Writes
from contactcentre.db import Database
from tests.factories import phone

ACCOUNT = "sms-front"


class Time:
    """What the product takes for now; it stands still for nobody, and each step adds to those before."""

    def __init__(self, db: Database) -> None:
        with db.reader() as session:
            self._anchor = clock.now(session)
        self._passed = timedelta()

    def pass_by(self, **more: float) -> None:
        """Let time pass, in the words of ``timedelta``."""
        self._passed += timedelta(**more)
        set_test_clock(TestClock(self._anchor, self._passed))

    def be(self, instant: datetime) -> None:
        """Go to an instant."""
        self._passed = instant - self._anchor
        set_test_clock(TestClock(self._anchor, self._passed))


@contextmanager
def moved(db: Database) -> Iterator[Time]:
    """Give a clock to move, and set it right again."""
    try:
        yield Time(db)
    finally:
        set_test_clock(None)


def thread_of(session: Session, address: Address) -> int:
    """Find or make an address and its thread."""
    found = session.scalar(
        select(Thread.id).join(AddressRow, AddressRow.id == Thread.address_id).where(AddressRow.value == address.value)
    )
    if found is not None:
        return found
    at = clock.now(session)
    row = AddressRow(kind=address.kind, value=address.value, created_at=at)
    session.add(row)
    session.flush()
    thread = Thread(address_id=row.id, created_at=at)
    session.add(thread)
    session.flush()
    return thread.id


def write(
    db: Database,
    number: int = 1,
    *,
    text: str = "Hello",
    account: str = ACCOUNT,
    recipient: Address | None = None,
    message_class: MessageClass = MessageClass.ANSWER,
    fill: Mapping[str, str] | None = None,
    text_key: str | None = None,
) -> int:
    """Write a message to the n-th phone (or a given address) and return its entry's id."""
    address = recipient or phone(number)

    def work(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        draft = Draft(
            thread_of(session, address), address, account, "sms", text,
            message_class=message_class, fill=fill, text_key=text_key,
        )  # fmt: skip
        message_id = outbox.enqueue(session, draft, at=clock.now(session))
        return session.scalars(select(OutboxEntry.id).where(OutboxEntry.message_id == message_id)).one()

    return db.run(work)


def write_many(db: Database, count: int, *, after: int = 0) -> None:
    """Write one message to each of many phones, from the number ``after`` on, in few statements."""

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        at, numbers = clock.now(session), range(after + 1, after + count + 1)
        rows = [{"kind": "phone", "value": phone(one).value, "created_at": at} for one in numbers]
        addresses = session.scalars(insert(AddressRow).returning(AddressRow.id, sort_by_parameter_order=True), rows)
        rows = [{"address_id": one, "created_at": at} for one in addresses]
        threads = session.scalars(insert(Thread).returning(Thread.id, sort_by_parameter_order=True), rows).all()
        ids = session.scalars(select(func.nextval("message_id_seq")).select_from(func.generate_series(1, count))).all()
        writes = Writes()
        for number, thread, message_id in zip(numbers, threads, ids, strict=True):
            draft = Draft(thread, phone(number), ACCOUNT, "sms", f"Message {number}")
            outbox.add(writes, draft, message_id=message_id, at=at)
            if number % 500 == 0 or message_id == ids[-1]:
                writes.flush(session)

    db.run(work)


def claim(db: Database, *, limit: int = 32, account: str = ACCOUNT, caps: Caps = NO_CAPS) -> list[Claimed]:
    """Claim as a worker does."""
    return db.run(
        lambda uow: outbox.claim(uow.session, account=account, now=clock.now(uow.session), limit=limit, caps=caps)
    )


def entries(db: Database) -> Sequence[OutboxEntry]:
    """Return all entries, oldest first."""
    with db.reader() as session:
        return session.scalars(select(OutboxEntry).order_by(OutboxEntry.id)).all()


def entry(db: Database, entry_id: int) -> OutboxEntry:
    """Return one entry."""
    with db.reader() as session:
        return session.get_one(OutboxEntry, entry_id)


def message(db: Database, entry_id: int) -> Message:
    """Return an entry's message."""
    with db.reader() as session:
        query = select(Message).join(OutboxEntry, OutboxEntry.message_id == Message.id)
        return session.scalars(query.where(OutboxEntry.id == entry_id)).one()


def states(db: Database) -> list[str]:
    """Return the entries' states, oldest first; their messages say the same."""
    with db.reader() as session:
        query = select(OutboxEntry.state, Message.status).join(Message, Message.id == OutboxEntry.message_id)
        found = session.execute(query.order_by(OutboxEntry.id)).all()
    assert all(state == status for state, status in found), found
    return [state for state, _ in found]


def change(db: Database, entry_id: int, **values: object) -> None:
    """Change a row by hand."""
    db.run(lambda uow: uow.session.execute(update(OutboxEntry).where(OutboxEntry.id == entry_id).values(**values)))
