"""A key is claimed in the transaction that does the work: whoever comes second gets the first one's answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from cases.errors import Invalid
from cases.models import Agent, IdempotencyKey
from cases.permissions import Viewer, ViewerKind
from contactcentre import idempotency
from contactcentre.db import Database, UnitOfWork
from contactcentre.idempotency import Answer
from tests.factories import make_agent

KEPT = timedelta(hours=24)
ONE, OTHER = (Viewer(ViewerKind.TOKEN, number, f"Program {number}") for number in (1, 2))
FIRST = Answer(201, "/here", b'{"done": 1}')


def once(
    db: Database, viewer: Viewer = ONE, *, key: str = "key", request: bytes = b"asked", answer: Answer = FIRST
) -> Answer:
    """Do a piece of work under a key: it makes an agent."""

    def work(uow: UnitOfWork) -> Answer:
        given = idempotency.begin(uow.session, viewer, key=key, request=request)
        if given is not None:
            return given
        make_agent(uow.session)
        idempotency.finish(uow.session, viewer, key=key, answer=answer)
        return answer

    return db.run(work)


def done(db: Database) -> int:
    with db.reader() as session:
        return session.execute(select(func.count()).select_from(Agent)).scalar_one()


def age(db: Database, by: timedelta) -> None:
    db.run(
        lambda uow: (
            uow.session.execute(update(IdempotencyKey).values(created_at=IdempotencyKey.created_at - by)) and None
        )
    )


def test_the_second_request_gets_the_first_answer_and_does_nothing(db: Database) -> None:
    assert once(db) == FIRST
    assert once(db, answer=Answer(500)) == FIRST
    assert done(db) == 1


def test_twenty_at_once_are_done_once(db: Database) -> None:
    together = threading.Barrier(10)

    def send(number: int) -> Answer:
        together.wait()
        return once(db, answer=Answer(200, body=str(number).encode()))

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(20)))
    assert len(set(answers)) == 1
    assert done(db) == 1


def test_the_second_waits_for_the_first_and_takes_over_where_that_fails(db: Database) -> None:
    claimed, fail = threading.Event(), threading.Event()

    def first(uow: UnitOfWork) -> None:
        idempotency.begin(uow.session, ONE, key="key", request=b"asked")
        make_agent(uow.session)
        claimed.set()
        assert fail.wait(30)
        raise Invalid("It cannot be done.")

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(db.run, first)
        assert claimed.wait(30)
        second = pool.submit(once, db)
        wait_for_a_waiter(db)
        assert not second.done()
        fail.set()
        with pytest.raises(Invalid):
            failing.result(30)
        assert second.result(30) == FIRST
    assert done(db) == 1


def wait_for_a_waiter(db: Database) -> None:
    """Return once a transaction waits for another's lock."""
    waiting = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    pause = threading.Event()
    for _ in range(600):
        with db.reader() as session:
            if session.execute(waiting).scalar_one():
                return
        pause.wait(0.05)
    raise AssertionError("nobody waits")


def test_another_request_with_the_key_is_refused(db: Database) -> None:
    once(db)
    with pytest.raises(Invalid, match="used for another request") as refused:
        once(db, request=b"asked otherwise")
    assert refused.value.field == "Idempotency-Key"
    assert done(db) == 1


def test_each_sender_has_keys_of_its_own(db: Database) -> None:
    once(db)
    assert once(db, OTHER, request=b"something else", answer=Answer(200)) == Answer(200)
    assert done(db) == 2


@pytest.mark.parametrize(
    ("hours", "times"), [(KEPT - timedelta(minutes=1), 1), (KEPT + timedelta(minutes=1), 2)], ids=["within", "after"]
)
def test_a_key_is_kept_for_24_hours(db: Database, hours: timedelta, times: int) -> None:
    once(db)
    age(db, hours)
    once(db)
    assert done(db) == times


def test_an_old_key_may_then_ask_for_something_else(db: Database) -> None:
    once(db)
    age(db, KEPT + timedelta(minutes=1))
    assert once(db, request=b"something else", answer=Answer(202)) == Answer(202)


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b", "line\nbreak"])
def test_what_is_no_key_is_refused(db: Database, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        once(db, key=key)
    assert refused.value.field == "Idempotency-Key"
    assert done(db) == 0


def test_a_key_of_any_plain_characters_is_kept(db: Database) -> None:
    for key in ("x" * 200, "8e03978e-40d5-43e8-bc93-6894a57f9324", '"quoted" ʘ'):
        assert once(db, key=key) == once(db, key=key)
    assert done(db) == 3
